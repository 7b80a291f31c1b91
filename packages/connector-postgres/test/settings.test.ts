import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startPostgres } from '../../../test/services/postgres.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { roundTripped } from './carry.ts'
import { sql } from './support.ts'

const server = await startPostgres('system')
const psql = havePrograms('psql')
const folder = mkdtempSync(join(tmpdir(), 'restitute-postgres-settings-'))
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.[Symbol.asyncDispose]()
})

/** What changes how the server writes or reads a value. */
const odd: Readonly<Record<string, string>> = {
  TimeZone: 'America/St_Johns',
  DateStyle: 'SQL, DMY',
  IntervalStyle: 'sql_standard',
  extra_float_digits: '-12',
  bytea_output: 'escape',
  xmlbinary: 'hex',
  xmloption: 'document',
  lc_monetary: 'C.UTF-8',
  client_encoding: 'LATIN1',
  standard_conforming_strings: 'off',
  backslash_quote: 'on',
  quote_all_identifiers: 'on',
  search_path: 'pg_temp',
  array_nulls: 'off',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  check_function_bodies: 'off',
  synchronize_seqscans: 'on',
  statement_timeout: '3min',
  row_security: 'on',
  transform_null_equals: 'on',
  default_transaction_read_only: 'on',
}

const values = `SET TimeZone = 'UTC'; SET client_encoding = 'UTF8'; SET standard_conforming_strings = on; SET search_path = public;
  SET array_nulls = on; SET DateStyle = 'ISO, MDY'; SET xmloption = content;
  CREATE TABLE moment(id integer, tz timestamptz, plain timestamp, d date, t timetz, i interval);
  INSERT INTO moment VALUES (1, '2026-03-29 02:30:00.123456+03:30', '2026-01-02 03:04:05.000001', '2026-01-02', '12:00+05:45', '-1 year 2 mons -3 days 4:05:06.7'),
    (2, '1883-11-18 12:00:00 UTC', '0044-03-15 BC', '0001-01-01', '23:59:59.999999-12', '1 mon -1 day'),
    (3, 'infinity', '-infinity', 'infinity', '24:00+00', '-00:00:00.000001'), (4, '294276-12-31 23:59:59 UTC', NULL, '5874897-12-31', NULL, '178000000 years');
  CREATE TABLE number(f8 float8, f4 float4, n numeric, m money, b bytea, x xml, a text[], r tstzrange, c "char", bits varbit);
  INSERT INTO number VALUES (0.1 + 0.2, 1.1::float4 / 3, 1.10, 1234.56, '\\x005c27ff0a', 'a <b/> c', '{NULL,"NULL",""}', '[2026-01-01 00:00+03:30,)', '\\', B'101'),
    (5e-324, 3.4028235e38, 'NaN', -0.01, '', '<a>é</a>', '{}', 'empty', '', B''), ('-0', 'infinity', 1e-1000, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  CREATE TABLE text(t text, word text DEFAULT E'a\\\\b''c'); INSERT INTO text VALUES (E'back\\\\slash é \\u20ac', 'œ'), (E'\\\\N', '');
  CREATE VIEW since AS SELECT timestamptz '2026-01-01 00:00+03:30' AS t, interval '1-2' AS i, E'a\\\\b' AS s, 1.1::float8 AS f, '\\\\x00ff'::bytea AS b;
  CREATE TABLE part(at timestamptz) PARTITION BY RANGE (at); CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2026-01-01 00:00+03:30') TO ('2026-02-01 00:00+03:30');
  INSERT INTO part VALUES ('2026-01-31 23:59+03:30')`

/** Everything as the driver sees it under settings of its own: nothing of ours is asked. */
const everything = `SET TimeZone = 'UTC'; SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET extra_float_digits = 3; SET bytea_output = 'hex';
  SET client_encoding = 'UTF8'; SET search_path = public;
  SELECT (SELECT string_agg(m::text, '|' ORDER BY id) FROM moment m) AS moments, (SELECT string_agg(n::text, '|' ORDER BY f8) FROM number n) AS numbers,
    (SELECT string_agg(t::text, '|' ORDER BY t) FROM text t) AS texts, (SELECT s::text FROM since s) AS since, (SELECT p::text FROM part_1 p) AS parts`

describe.skipIf(!server || !psql)('a database whose settings change every text', () => {
  const db = server as NonNullable<typeof server>

  async function seen(database: string): Promise<unknown> {
    const results = (await sql(db, database, everything)) as unknown as { rows: unknown[] }[]
    return results.at(-1)?.rows[0]
  }

  async function expectCarried(name: string): Promise<void> {
    const before = await seen(name)
    await roundTripped(db, name, join(folder, name))
    expect(await seen(`${name}_ours`)).toEqual(before)
    expect(await seen(`${name}_psql`)).toEqual(before)
  }

  it('comes back equal: set on the database', async () => {
    await sql(db, 'postgres', 'CREATE DATABASE by_database')
    await sql(db, 'by_database', values)
    for (const [name, value] of Object.entries(odd))
      await sql(db, 'postgres', `ALTER DATABASE by_database SET ${name} = ${quote(name, value)}`)
    await expectCarried('by_database')
  })

  it('comes back equal: set on the server and on the role', async () => {
    await sql(db, 'postgres', 'CREATE DATABASE by_role')
    await sql(db, 'by_role', values)
    for (const [name, value] of Object.entries(odd))
      await sql(db, 'postgres', `ALTER ROLE ${db.user} SET ${name} = ${quote(name, value)}`)
    await sql(db, 'postgres', "ALTER SYSTEM SET TimeZone = 'Asia/Kathmandu'")
    await sql(db, 'postgres', 'SELECT pg_reload_conf()')
    try {
      await expectCarried('by_role')
    } finally {
      await sql(db, 'postgres', `BEGIN READ WRITE; ALTER ROLE ${db.user} RESET ALL; COMMIT`)
    }
  })

  it('has its materialised views filled as its own sessions fill them', async () => {
    const own = {
      TimeZone: 'Europe/Paris',
      DateStyle: 'SQL, DMY',
      default_text_search_config: 'pg_catalog.french',
    }
    await sql(db, 'postgres', 'CREATE DATABASE filled')
    for (const [name, value] of Object.entries(own))
      await sql(db, 'postgres', `ALTER DATABASE filled SET ${name} = ${quote(name, value)}`)
    await sql(
      db,
      'filled',
      `CREATE TABLE moment(at timestamptz); INSERT INTO moment VALUES ('2026-03-01 23:30Z');
       CREATE MATERIALIZED VIEW seen AS SELECT at::date::text AS day, to_tsvector('chevaux')::text AS words FROM moment`,
    )
    await roundTripped(db, 'filled', join(folder, 'filled'))
    for (const copy of ['filled', 'filled_ours', 'filled_psql'])
      expect((await sql(db, copy, 'SELECT * FROM seen')).rows).toEqual([
        { day: '02/03/2026', words: "'cheval':1" },
      ])
  })

  it.each([
    ['fr_icu', "LOCALE_PROVIDER icu ICU_LOCALE 'fr-FR-u-ks-level2' LOCALE 'C.UTF-8'"],
    ['c_utf8', "LOCALE 'C.UTF-8'"],
  ])('comes back equal, with its locale: %s', async (name, locale) => {
    await sql(db, 'postgres', `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' ${locale}`)
    await sql(
      db,
      name,
      `${values}; CREATE TABLE sorted(t text PRIMARY KEY); INSERT INTO sorted VALUES ('côté'), ('Cote'), ('zèbre'), ('Été')`,
    )
    await expectCarried(name)
  })
})

/** Lists are written without quotes around the whole. */
function quote(name: string, value: string): string {
  return name === 'DateStyle' || name === 'search_path' ? value : `'${value}'`
}
