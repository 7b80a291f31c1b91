import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { differences } from '../src/differences.ts'
import { calm, freeze, readAll, streamOf, wide } from './support/export.ts'
import { tempFolder } from './support/places.ts'

const writer = `
  const { DatabaseSync } = require('node:sqlite')
  const db = new DatabaseSync(process.argv[1], { timeout: 100 })
  db.exec('INSERT INTO t VALUES (2)')
  const [{ busy }] = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all()
  if (busy) throw new Error('database is locked')`

/** What another process is told that would write over what a reader of the database still needs. */
function overwritten(database: string): string {
  return spawnSync(process.execPath, ['-e', writer, database]).stderr.toString()
}

/** Reads a tree as an export does, then as a comparison does. */
async function readTree(root: string): Promise<void> {
  await using exporter = await freeze(root)
  const items = await Array.fromAsync(exporter.inventory(calm))
  for await (const shard of exporter.shards(streamOf(items), wide)) await readAll(exporter, shard, items)
  const comparing = { root: Buffer.from(root), owners: true, holes: false, signal: calm }
  for await (const _ of differences(streamOf(items), comparing));
}

describe('reading a tree in which SQLite holds a view of a database', () => {
  it.runIf(existsSync('/proc/locks')).each([
    ['a rollback journal', 'delete', 1],
    ['a rollback journal, large', 'delete', 5_000_000],
    ['a write-ahead log', 'wal', 1],
  ])('leaves it that view: %s', async (_, mode, bytes) => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'records.db')
    using db = new DatabaseSync(file)
    db.exec(`PRAGMA journal_mode=${mode}; CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(${bytes}))`)
    db.exec('BEGIN; SELECT count(*) FROM t')
    await readTree(folder.path)
    expect(overwritten(file)).toContain('database is locked')
    expect(db.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 })
    db.exec('COMMIT')
  })
})
