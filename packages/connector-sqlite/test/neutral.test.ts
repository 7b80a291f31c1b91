import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { exportAll, scriptOf, temporaryFolder } from './support.ts'

async function exportOf(sql: string, partBytes?: number) {
  using folder = temporaryFolder()
  const file = join(folder.path, 'n.db')
  {
    using db = new DatabaseSync(file)
    db.exec(sql)
  }
  return await exportAll(file, partBytes)
}

it('writes CSV in which NULL, text, numbers and bytes cannot be confused', async () => {
  const { entries } = await exportOf(`CREATE TABLE t(id INTEGER PRIMARY KEY, "a ""b""", c);
    INSERT INTO t VALUES (1, NULL, ''), (2, '\\N', 'two' || char(10) || 'lines, "quoted"'), (3, 1, 1.0),
      (4, x'00ff', CAST(x'ff' AS TEXT)), (5, 9e999, -9223372036854775808)`)
  const csv = entries.find((entry) => entry.path === 'data/tables/t/000001.csv')
  expect(csv?.bytes.toString()).toBe(
    [
      '"id","a ""b""","c"',
      '1,\\N,""',
      '2,"\\\\N","two\nlines, ""quoted"""',
      '3,1,1.0',
      '4,\\x00ff,"\\xff"',
      '5,INF,-9223372036854775808',
      '',
    ].join('\n'),
  )
})

it('describes the CSV by a data package whose types are those of the values', async () => {
  const { entries } =
    await exportOf(`CREATE TABLE "Étage 1/2"(k TEXT, i INT, r, m, e, PRIMARY KEY (k, i)) WITHOUT ROWID;
    INSERT INTO "Étage 1/2" VALUES ('a', 1, 1.5, 1, NULL), ('b', 2, 2, 'x', NULL)`)
  const path = entries.find((entry) => entry.path.endsWith('/datapackage.json'))
  const described = JSON.parse(path?.bytes.toString() ?? '') as { resources: Record<string, unknown>[] }
  expect(described.resources).toEqual([
    expect.objectContaining({
      title: 'Étage 1/2',
      path: ['000001.csv'],
      name: expect.stringMatching(/^[a-z0-9._-]+$/),
      schema: {
        fields: [
          { name: 'k', type: 'string', sqliteType: 'TEXT' },
          { name: 'i', type: 'integer', sqliteType: 'INT' },
          { name: 'r', type: 'number', sqliteType: '' },
          { name: 'm', type: 'string', sqliteType: '' },
          { name: 'e', type: 'any', sqliteType: '' },
        ],
        missingValues: ['\\N'],
        primaryKey: ['k', 'i'],
      },
    }),
  ])
})

it('gives as digest of a table the SHA-256 of its native files joined', async () => {
  const { items, entries } = await exportOf(
    `CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
    SELECT i + 1 FROM n WHERE i < 500) INSERT INTO t SELECT hex(randomblob(200)) FROM n`,
    150_000,
  )
  const own = entries.filter((entry) => entry.path.startsWith('data/native/2-data/t/'))
  expect(own.map((entry) => entry.part)).toEqual([1, 2])
  expect(Math.max(...own.map((entry) => entry.size))).toBeLessThanOrEqual(150_000)
  const table = items.find((item) => item.id === 'table/t')
  expect(table).toMatchObject({ count: 500, bytes: own[0] && own[1] ? own[0].size + own[1].size : 0 })
  expect(table?.digest).toBe(createHash('sha256').update(scriptOf(own)).digest('hex'))
})

it('joins the parts of a CSV into one file with one header', async () => {
  const { entries } = await exportOf(
    `CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
    SELECT i + 1 FROM n WHERE i < 900) INSERT INTO t SELECT hex(randomblob(100)) FROM n`,
    130_000,
  )
  const parts = entries.filter((entry) => entry.path.endsWith('.csv'))
  expect(parts.length).toBe(2)
  const lines = Buffer.concat(parts.map((entry) => entry.bytes))
    .toString()
    .split('\n')
  expect([lines[0], lines.length, lines.at(-1)]).toEqual(['"a"', 902, ''])
  expect(parts[1]?.bytes.toString().startsWith('"')).toBe(true)
})

it('writes a long text whole: its quotes doubled, no character cut', async () => {
  // Behind so many letters the two halves of a character lie on both sides of where it is cut.
  const text = `\\xyz${'"a😀'.repeat(1_200_000)}"`
  const { entries } = await exportOf(
    `CREATE TABLE t(a, b); INSERT INTO t VALUES ('\\xyz' || replace(printf('%.*c', 1200000, 'x'), 'x', '"a😀') || '"', 'end')`,
  )
  const csv = entries.find((entry) => entry.path === 'data/tables/t/000001.csv')
  expect(csv?.size).toBe(csv?.bytes.length)
  const expected = Buffer.from(`"a","b"\n"\\${text.replaceAll('"', '""')}","end"\n`)
  expect(csv?.bytes.equals(expected)).toBe(true)
})

/** Exports the file that is its argument, and prints how many bytes of entries that came to. */
const exporting = `
  import { sqliteConnector } from ${JSON.stringify(new URL('../src/index.ts', import.meta.url))}
  const signal = new AbortController().signal
  const exporter = await sqliteConnector.freeze({ name: 'r', url: 'sqlite:' + process.argv[1] }, signal)
  const items = await Array.fromAsync(exporter.inventory(signal))
  const limits = { bytes: 2 ** 40, items: 1e6, partBytes: 2 ** 30 }
  let bytes = 0
  for await (const shard of exporter.shards((async function* () { yield* items })(), limits))
    for await (const read of exporter.read(shard, (async function* () { yield* items })(), signal))
      if ('content' in read) for await (const chunk of read.content()) bytes += chunk.length
  console.log(bytes)`

it('writes a text of nothing but quotes in little more memory than itself', () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'quotes.db')
  {
    using db = new DatabaseSync(file)
    db.exec(`CREATE TABLE t(a); INSERT INTO t VALUES (printf('%.*c', 30000000, '"'))`)
  }
  const node = ['--disable-warning=ExperimentalWarning', '--max-old-space-size=200', '--input-type=module']
  const printed = execFileSync(process.execPath, [...node, '--eval', exporting, file], { stdio: 'pipe' })
  expect(Number(printed)).toBeGreaterThan(2 * 60_000_000)
})
