import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RestoredEntry } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { sqliteConnector } from '../src/index.ts'
import { each, exportAll, restore, signal, spec, temporaryFolder } from './support.ts'

function entryOf(script: string): RestoredEntry {
  const bytes = Buffer.from(script, 'latin1')
  return {
    path: 'data/native/1-definitions.sql',
    type: 'file',
    size: bytes.length,
    mode: 0o600,
    modified: 0n,
    content: () => each([bytes]),
  }
}

describe('restore', () => {
  it.each([
    ["ATTACH '%/other.db' AS o; CREATE TABLE o.t(a);", 'restore-failed'],
    ["VACUUM INTO '%/other.db';", 'restore-failed'],
    ["PRAGMA temp_store_directory='%';", 'restore-failed'],
    ["SELECT load_extension('%/other.db');", 'restore-failed'],
    ['PRAGMA journal_mode=PERSIST;', 'restore-failed'],
    ['SELECT \xff;', 'hostile-input'],
  ])('refuses a hostile script: %s', async (script, code) => {
    using folder = temporaryFolder()
    {
      await using restorer = await sqliteConnector.restore(spec(join(folder.path, 't.db')), signal)
      const accepted = restorer.accept(entryOf(script.replace('%', folder.path)), signal)
      await expect(accepted).rejects.toMatchObject({ code })
    }
    expect(readdirSync(folder.path)).toEqual([])
  })

  it('promotes nothing when the end of the definitions is missing', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 't.db')
    await using restorer = await sqliteConnector.restore(spec(file), signal)
    await restorer.accept(entryOf('BEGIN; CREATE TABLE t(a);'), signal)
    await expect(restorer.finish(each([]), signal)).rejects.toMatchObject({ code: 'restore-failed' })
    expect(existsSync(file)).toBe(false)
  })

  it('says where to look when the database was delivered as damaged', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'd.db')
    writeFileSync(file, 'no database at all')
    const exported = await exportAll(file)
    const restored = restore(exported, join(folder.path, 'r.db'))
    await expect(restored).rejects.toMatchObject({
      code: 'restore-failed',
      hint: expect.stringMatching(/recover/),
    })
  })

  it('refuses a target beside which a journal lies, and one that fills up meanwhile', async () => {
    using folder = temporaryFolder()
    const [file, other] = [join(folder.path, 'a.db'), join(folder.path, 'b.db')]
    writeFileSync(`${file}-journal`, 'x')
    await expect(sqliteConnector.restore(spec(file), signal)).rejects.toMatchObject({
      code: 'target-not-empty',
    })
    await using restorer = await sqliteConnector.restore(spec(other), signal)
    await restorer.accept(entryOf('CREATE TABLE t(a);'), signal)
    writeFileSync(other, 'mine')
    await expect(restorer.finish(each([]), signal)).rejects.toMatchObject({ code: 'target-not-empty' })
  })

  it('says what to look at when what it was building vanishes, as with a disk that is taken out', async () => {
    using folder = temporaryFolder()
    await using restorer = await sqliteConnector.restore(spec(join(folder.path, 't.db')), signal)
    await restorer.accept(entryOf('CREATE TABLE t(a);'), signal)
    for (const name of readdirSync(folder.path)) rmSync(join(folder.path, name))
    await expect(restorer.finish(each([]), signal)).rejects.toMatchObject({
      code: 'restore-failed',
      message: expect.stringContaining('t.db: ENOENT') as string,
      hint: expect.stringContaining('still mounted') as string,
    })
  })

  it('keeps WAL mode, and the data to its owner', async () => {
    using folder = temporaryFolder()
    const [file, copy] = [join(folder.path, 'a.db'), join(folder.path, 'b.db')]
    {
      using db = new DatabaseSync(file)
      db.exec('PRAGMA journal_mode=WAL; CREATE TABLE t(a)')
    }
    await restore(await exportAll(file), copy)
    expect(readdirSync(folder.path)).toEqual(['a.db', 'b.db'])
    expect(statSync(copy).mode & 0o777).toBe(0o600)
    using db = new DatabaseSync(copy)
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  })
})
