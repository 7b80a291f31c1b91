import type { Item } from '@restitute/core'
import { afterAll, describe, expect, it } from 'vitest'
import { type PostgresServer, startPostgres } from '../../../test/services/postgres.ts'
import { postgresConnector } from '../src/index.ts'
import { place, signal } from './support.ts'

const [server, newest] = [await startPostgres('system'), await startPostgres('newest')]
afterAll(async () => {
  for (const one of [server, newest]) await one?.[Symbol.asyncDispose]()
})

/** Tables `one_<n>` and `two_<n>` of the same columns, each with rows of its own. */
function pair([, columns, one, two]: readonly string[], n: number | string): string {
  const filled = (name: string, rows = ''): string =>
    `CREATE TABLE ${name}_${n}(${columns}); ${rows === '' ? '' : `INSERT INTO ${name}_${n} VALUES ${rows};`}`
  return filled('one', one) + filled('two', two)
}

/** The tables of a new database, by their names. */
async function tablesOf(on: PostgresServer, fill: string): Promise<Map<string, Item>> {
  await using source = await place(on, fill)
  await using exporter = await postgresConnector.freeze(source.spec, signal)
  const items = await Array.fromAsync(exporter.inventory(signal))
  await postgresConnector.release?.(source.spec, exporter.view, signal)
  return new Map(
    items.filter(({ kind }) => kind === 'table').map((item) => [item.id.replace('table/public.', ''), item]),
  )
}

/** Every kind of value that has a form of its own, and some that have none. */
const everyType = `SET TimeZone = 'Asia/Kathmandu'; SET IntervalStyle = 'sql_standard';
  CREATE TYPE before AS ENUM ('shifts', 'oids'); CREATE TYPE sex AS ENUM ('female', 'male'); CREATE DOMAIN code AS varchar(9);
  CREATE TABLE one(a boolean, b smallint, c integer, d bigint, e oid, f real, g double precision, h numeric, i text, j varchar(9), k char(9),
    l name, m bytea, n date, o time, p timetz, q timestamp, r timestamptz, s interval, t uuid, u sex, v code, w integer[], x jsonb, y inet, z money, "é" point);
  INSERT INTO one VALUES (true, -2, 3, -4000000000000, 5, 0.1, 'NaN', 1.10, 'é', '', 'x ', 'n', '\\x00ff', 'infinity', '23:59:59.5', '12:00+05:45',
      '294276-12-31 23:59:59.999999', '1883-11-18 12:00 UTC', '1 month -3 days 4:05:06.7', '6e0fa1f3-70a5-4a2b-9d11-1d3f5d2e8b10', 'male', 'A1', '{1,NULL}', '{"a": [1.0]}', '::1/64', 12.5, '(1,-0)'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`

/** What differs, the columns, the rows of one table, those of the other. */
const differing = [
  ['two values change their rows', 'a integer, b integer', '(1, 10), (2, 20)', '(1, 20), (2, 10)'],
  ['two texts change their rows', 'a text, b text', "('x', 'y'), ('v', 'w')", "('x', 'w'), ('v', 'y')"],
  ['two values of a row change places', 'a integer, b integer', '(1, 2)', '(2, 1)'],
  ['a row is there twice', 'a integer', '(1), (2)', '(1), (2), (2)'],
  ['another row is there twice', 'a integer', '(1), (1), (2)', '(1), (2), (2)'],
  ['a row of NULL is there', 'a integer', '', '(NULL)'],
  ['NULL, empty', 'a text', '(NULL)', "('')"],
  ['NULL, its name', 'a text', '(NULL)', "('NULL')"],
  ['NULL, 0', 'a bigint', '(NULL)', '(0)'],
  ['NULL in another column', 'a text, b text', "(NULL, 'x')", "('x', NULL)"],
  ['bytes: NULL, none', 'a bytea', '(NULL)', "('')"],
  ['scale', 'a numeric', '(1.0)', '(1.00)'],
  ['sign of a numeric', 'a numeric', '(1)', '(-1)'],
  ['numeric infinities', 'a numeric', "('infinity')", "('-infinity')"],
  ['numeric infinity, NaN', 'a numeric', "('infinity')", "('NaN')"],
  ['sign of zero', 'a float8', "('-0')", "('0')"],
  ['sign of zero, short', 'a float4', "('-0')", "('0')"],
  ['last bit of a float', 'a float8', '(0.3)', '(0.1::float8 + 0.2::float8)'],
  ['NaN, empty, NULL', 'a float8', "('NaN')", '(NULL)'],
  ['month, 30 days', 'a interval', "('1 month')", "('30 days')"],
  ['day, 24 hours', 'a interval', "('1 day')", "('24 hours')"],
  ['large numbers', 'a bigint', '(0)', '(4294967297)'],
  ['large numbers and their halves', 'a bigint', '(8589934593)', '(4294967298)'],
  ['microsecond', 'a timestamptz', "('9999-12-31 23:59:59.999999Z')", "('9999-12-31 23:59:59.999998Z')"],
  ['halves of a timestamp', 'a timestamp', "('2000-01-01')", "('2000-01-01 01:11:34.967297')"],
  ['zone', 'a timetz', "('12:00+00')", "('13:00+01')"],
  ['trailing blank', 'a varchar', "('x')", "('x ')"],
  ['trailing blank of bpchar', 'a bpchar', "('x')", "('x ')"],
  ['case, in a collation for which it is none', 'a text COLLATE nocase', "('Ann')", "('ann')"],
  ['case, varchar', 'a varchar(5) COLLATE nocase', "('Ann')", "('ann')"],
  ['case, of a domain', 'a caseless', "('Ann')", "('ann')"],
  ['enum', 'a sex', "('female')", "('male')"],
  ['array', 'a integer[]', "('{1,NULL}')", "('{1}')"],
  ['json', 'a jsonb', '(\'{"a": 1}\')', '(\'{"a": 1.0}\')'],
  ['composite', 'a whole', "(ROW(1, ''))", '(ROW(1, NULL))'],
  ['money', 'a money', '(1.5)', '(1.51)'],
]

const types = `CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE DOMAIN caseless AS text COLLATE nocase; CREATE TYPE sex AS ENUM ('female', 'male'); CREATE TYPE whole AS (a integer, b text);`
const nans = ['', 'a float8', "('infinity'::float8 - 'infinity'::float8)", "('NaN')"]
const others = `CREATE TABLE one_order(a integer, b text); INSERT INTO one_order VALUES (1, 'x'), (2, NULL);
  CREATE TABLE two_order(b text, a integer); INSERT INTO two_order VALUES (NULL, 2), ('x', 1);
  CREATE TABLE none(); INSERT INTO none DEFAULT VALUES;
  CREATE TABLE wide(${Array.from({ length: 1600 }, (_, i) => `c${i} float4`).join(', ')}); INSERT INTO wide(c0, c1599) VALUES (1, 2);
  CREATE TABLE texts(a text); INSERT INTO texts SELECT repeat('x', 10000) FROM generate_series(1, 100);
  CREATE TABLE bytes(a bytea); INSERT INTO bytes SELECT sha512(i::text::bytea) FROM generate_series(1, 10000) i;`

describe.skipIf(!server)('the digest of a table', async () => {
  const db = server as PostgresServer
  const fill = types + differing.map(pair).join('') + pair(nans, 'nan') + others
  const tables = server ? await tablesOf(db, fill) : new Map<string, Item>()
  const digest = (name: string): string | undefined => tables.get(name)?.digest

  it.each(differing.map(([name], n) => [name, n] as const))('differs: %s', (_name, n) => {
    expect(digest(`one_${n}`)).toMatch(/^[0-9a-f]{64}$/)
    expect(digest(`two_${n}`)).toMatch(/^[0-9a-f]{64}$/)
    expect(digest(`one_${n}`)).not.toBe(digest(`two_${n}`))
  })

  it('is the same whatever the order of rows and columns', () => {
    expect(digest('one_order')).toBe(digest('two_order'))
  })

  it('is the same for every NaN: the text, by which it comes back, knows one only', () => {
    expect(digest('one_nan')).toBe(digest('two_nan'))
  })

  it.each(['none', 'wide'])(
    'is taken of a table without columns, and of one with as many as there may be: %s',
    (name) => {
      expect(tables.get(name)).toMatchObject({ count: 1, digest: expect.any(String) as string })
    },
  )

  it('has beside it about the bytes of the CSV, however the server compresses them', () => {
    const bytes = (name: string): number => tables.get(name)?.bytes ?? 0
    expect(bytes('texts') / 1e6).toBeCloseTo(1, 1)
    expect(bytes('bytes') / 1.31e6).toBeCloseTo(1, 1)
  })

  it.skipIf(!newest)(
    'is the same on another version, under other settings, with other numbers of types',
    async () => {
      const other = everyType
        .replace('CREATE TYPE before', "CREATE TYPE more AS ENUM ('x'); CREATE TYPE before")
        .replace('Asia/Kathmandu', 'America/St_Johns')
      const here = (await tablesOf(db, everyType)).get('one')
      const there = (await tablesOf(newest as PostgresServer, other)).get('one')
      expect(here?.digest).toMatch(/^[0-9a-f]{64}$/)
      expect(there?.digest).toBe(here?.digest)
    },
  )
})
