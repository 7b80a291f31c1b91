import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { sqliteConnector } from '../src/index.ts'
import {
  collect,
  compare,
  dump,
  each,
  exportAll,
  hasShell,
  restore,
  scriptOf,
  shellLoad,
  signal,
  spec,
  temporaryFolder,
} from './support.ts'

const writer = `
const { DatabaseSync } = require('node:sqlite')
const db = new DatabaseSync(process.argv[1], { timeout: 10000 })
db.exec('PRAGMA synchronous=OFF')
for (let i = 0; ; i++) {
  db.exec('BEGIN IMMEDIATE; UPDATE ward SET beds = beds - 1 WHERE id = ' + (i % 50 + 1) + '; INSERT INTO stay VALUES (1); COMMIT')
  if (i === 20) console.log('busy')
}`

it('gives one moment of a database that another process is writing', async () => {
  using folder = temporaryFolder()
  const [file, copy] = [join(folder.path, 'live.db'), join(folder.path, 'copy.db')]
  {
    using db = new DatabaseSync(file)
    db.exec(`PRAGMA journal_mode=WAL; CREATE TABLE stay(n); CREATE TABLE ward(id INTEGER PRIMARY KEY, beds INT);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO ward SELECT i, 1000 FROM n`)
  }
  const child = spawn(process.execPath, ['-e', writer, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    for (let round = 0; round < 3; round++) {
      const exported = await exportAll(file)
      await restore(exported, `${copy}${round}`)
      using db = new DatabaseSync(`${copy}${round}`)
      const row = db
        .prepare(
          'SELECT (SELECT sum(beds) FROM ward) + (SELECT count(*) FROM stay) AS n, (SELECT count(*) FROM stay) AS stays',
        )
        .get()
      expect(row).toEqual({ n: 5_000_000, stays: expect.any(Number) })
      expect(row?.['stays']).toBeGreaterThan(0)
    }
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})

it.each(['DELETE', 'WAL'])(
  'states a table as lost that another file was copied over while it was read, in journal mode %s',
  async (mode) => {
    using folder = temporaryFolder()
    const [file, other] = ['ward', 'other'].map((name) => {
      const path = join(folder.path, `${name}.db`)
      using db = new DatabaseSync(path)
      db.exec(`PRAGMA journal_mode=${mode}; CREATE TABLE ward(id INTEGER PRIMARY KEY, name TEXT);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO ward SELECT i, '${name}' || hex(zeroblob(200)) FROM n`)
      return path
    })
    await using exporter = await sqliteConnector.freeze(spec(file ?? ''), signal)
    const items = await Array.fromAsync(exporter.inventory(signal))
    const shard = { id: '1', first: 1, last: items.length, bytes: 0, slice: { partBytes: 1 << 20 } }
    const losses: unknown[] = []
    for await (const one of exporter.read(shard, each(items), signal)) {
      if ('lost' in one) losses.push(one.item)
      else for await (const _ of one.content());
      if ('path' in one && one.path.endsWith('000001.csv'))
        writeFileSync(file ?? '', readFileSync(other ?? ''))
    }
    expect(losses).toEqual(['table/ward'])
  },
)

it('holds writers off in rollback mode, says so, and lets them go when it is disposed of', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'r.db')
  using db = new DatabaseSync(file, { timeout: 0 })
  db.exec('CREATE TABLE t(a)')
  {
    await using exporter = await sqliteConnector.freeze(spec(file), signal)
    expect(exporter.view).toMatchObject({
      consistency: 'snapshot',
      point: expect.stringMatching(/rollback.*writers wait/),
    })
    expect(() => db.exec('INSERT INTO t VALUES (1)')).toThrow(/locked/)
  }
  db.exec('INSERT INTO t VALUES (1)')
})

it('takes a database declared quiesced as such, without leaving files beside one in WAL mode', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'q.db')
  {
    using db = new DatabaseSync(file)
    db.exec('PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)')
  }
  await using exporter = await sqliteConnector.freeze(spec(file, true), signal)
  expect(exporter.view.consistency).toBe('quiesced')
  const items = await collect(exporter.inventory(signal))
  expect(items.map((item) => item.count)).toEqual([undefined, 1])
  expect(readdirSync(folder.path)).toEqual(['q.db'])
  // It comes back in the same mode.
  expect(await compare(file, items)).toEqual([])
})

it('refuses, with the reason, a database whose interrupted writer left a journal to roll back', async () => {
  using folder = temporaryFolder()
  const [file, hot] = [join(folder.path, 'a.db'), join(folder.path, 'hot.db')]
  {
    using db = new DatabaseSync(file)
    db.exec(
      'PRAGMA cache_size=1; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(100000)); BEGIN; UPDATE t SET a = zeroblob(200000)',
    )
    copyFileSync(file, hot)
    copyFileSync(`${file}-journal`, `${hot}-journal`)
  }
  await expect(sqliteConnector.freeze(spec(hot), signal)).rejects.toMatchObject({
    code: 'source-unreachable',
    message: expect.stringMatching(/journal/),
    hint: expect.stringMatching(/sqlite3/),
  })
  expect(readdirSync(folder.path)).toContain('hot.db-journal')
})

it.skipIf(!hasShell)('takes an empty file for a database without tables', async () => {
  using folder = temporaryFolder()
  const [file, copy, ours] = [join(folder.path, 'e.db'), join(folder.path, 'c.db'), join(folder.path, 'o.db')]
  writeFileSync(file, '')
  const exported = await exportAll(file)
  expect(exported.items.map((item) => item.id)).toEqual(['definitions'])
  shellLoad(scriptOf(exported.entries), copy)
  await restore(exported, ours)
  expect(dump(copy)).toEqual(dump(file))
  expect(await compare(ours, exported.items)).toEqual([])
})

it('checks a large database beside its own thread, and ends when it is told to', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'large.db')
  {
    using db = new DatabaseSync(file)
    db.exec(
      'CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(70000000)); CREATE TABLE u(a); CREATE INDEX i ON u(a); INSERT INTO u VALUES (1)',
    )
  }
  await using exporter = await sqliteConnector.freeze(spec(file), signal)
  expect((await collect(exporter.inventory(signal))).map((item) => item.lost)).toEqual([
    undefined,
    undefined,
    undefined,
  ])
  const stop = new AbortController()
  const listing = collect(exporter.inventory(stop.signal))
  setTimeout(() => stop.abort(), 5)
  await expect(listing).rejects.toMatchObject({ code: 'interrupted' })
})

it('reports what only the application can load, and exports it all the same', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'f.db')
  {
    using db = new DatabaseSync(file)
    db.function('clean', { deterministic: true }, (text) => text)
    db.exec("CREATE TABLE t(a); INSERT INTO t VALUES ('x'); CREATE INDEX i ON t(clean(a))")
  }
  const { items, entries, losses } = await exportAll(file)
  expect(items.map((item) => [item.id, item.lost])).toEqual([
    ['definitions', expect.stringMatching(/SQLite alone.*clean/)],
    ['table/t', undefined],
  ])
  expect(losses.map((loss) => loss.item)).toEqual(['definitions'])
  expect(entries.map((entry) => entry.path)).toContain('data/native/3-definitions.sql')
  expect(entries.map((entry) => entry.path)).toContain('data/tables/t/000001.csv')
})

it.each([
  [
    'needs a tokenizer that only the application has',
    'USING fts4(n, tokenize=ours)',
    "USING fts5(n, tokenize='ours')",
  ],
  ['has not followed its table', "USING fts4(content='t', n)", 'USING fts5(n)'],
])('carries a database whose full-text index %s', async (_, fts4, fts5) => {
  using folder = temporaryFolder()
  const [file, copy] = [join(folder.path, 'i.db'), join(folder.path, 'copy.db')]
  {
    using db = new DatabaseSync(file, { defensive: false, enableDoubleQuotedStringLiterals: true })
    db.exec(`CREATE TABLE t(n); INSERT INTO t VALUES ('Madame'), ('Monsieur'); CREATE VIRTUAL TABLE a USING fts4(content='t', n);
      CREATE VIRTUAL TABLE b USING fts5(n); INSERT INTO b VALUES ('Madame'); UPDATE b_content SET c0 = 'Monsieur';
      INSERT INTO a(docid, n) VALUES (1, 'Madame'); UPDATE t SET n = 'Docteur'; PRAGMA writable_schema=ON;
      UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE a ' || "${fts4}" WHERE name = 'a';
      UPDATE sqlite_master SET sql = 'CREATE VIRTUAL TABLE b ' || "${fts5}" WHERE name = 'b'`)
  }
  const exported = await exportAll(file)
  expect(exported.items.filter((item) => item.lost !== undefined)).toEqual([])
  expect(exported.items.map((item) => item.id)).toContain('table/t')
  await restore(exported, copy)
  expect(await compare(copy, exported.items)).toEqual([])
})

it('takes a definition that would smuggle statements into the script for damage', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 's.db')
  {
    using db = new DatabaseSync(file, { defensive: false })
    db.exec(`CREATE TABLE t(a); PRAGMA writable_schema=ON;
      UPDATE sqlite_master SET sql = sql || ';' || char(10) || '.shell touch /tmp/smuggled'`)
  }
  const { items } = await exportAll(file)
  expect(items).toEqual([
    expect.objectContaining({ id: 'database', lost: expect.stringMatching(/more than one statement/) }),
  ])
})

it('reports a file that is no database, and notices when it changes', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'n.db')
  writeFileSync(file, 'not a database, but long enough for a header of a hundred bytes'.repeat(10))
  const { items } = await exportAll(file)
  expect(items.map((item) => item.lost)).toEqual(['damaged: file is not a database'])
  expect(await compare(file, items)).toEqual([])
  await using watcher = await sqliteConnector.watch(spec(file), signal)
  writeFileSync(file, 'something else')
  const differences = await collect(watcher.differences(each(items), signal))
  expect(differences).toEqual([expect.objectContaining({ item: 'database', change: 'changed' })])
})

it.skipIf(process.getuid?.() !== 0).each([
  ['may not share the write-ahead log', false, /-shm.*quiesced/],
  [
    'has a write-ahead log that holds something and no place for its -shm file',
    true,
    /-wal that is not empty.*copied/,
  ],
] as const)('says what is missing when the account %s', async (_, quiesced, hint) => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'w.db')
  {
    using db = new DatabaseSync(file)
    db.exec('PRAGMA journal_mode=WAL; CREATE TABLE t(a)')
    // As a backup leaves it: with the log of a moment when the application was at work.
    if (quiesced) for (const name of [file, `${file}-wal`]) copyFileSync(name, name.replace('w.db', 'b.db'))
  }
  const source = quiesced ? file.replace('w.db', 'b.db') : file
  chmodSync(folder.path, 0o755)
  const connector = join(import.meta.dirname, '../src/index.ts')
  const script = `import { sqliteConnector } from ${JSON.stringify(connector)}
    await sqliteConnector.freeze({ name: 'w', url: 'sqlite:${source}', quiesced: ${quiesced} }, new AbortController().signal)
      .catch((error) => console.log(JSON.stringify({ code: error.code, hint: error.hint })))`
  const nobody = { uid: 65534, gid: 65534, encoding: 'utf8' } as const
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], nobody)
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    code: 'source-unreachable',
    hint: expect.stringMatching(hint),
  })
})
