import { linkSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sqliteConnector } from '../src/index.ts'
import { collect, signal, spec, temporaryFolder } from './support.ts'

function makeDatabase(file: string): void {
  using db = new DatabaseSync(file)
  db.exec('CREATE TABLE t(a)')
}

async function look(file: string) {
  await using prober = await sqliteConnector.prober(spec(file), signal)
  return await prober.look(signal)
}

describe('destroyer', () => {
  it('deletes the journals first, the database last, and claims no more than that', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'a.db')
    makeDatabase(file)
    for (const suffix of ['-wal', '-shm', '-journal']) writeFileSync(file + suffix, 'x')
    writeFileSync(join(folder.path, 'a.db-other'), 'kept')
    await using destroyer = await sqliteConnector.destroyer(spec(file), signal)
    const steps = await collect(destroyer.destroy(signal))
    expect(steps.map((step) => step.object)).toEqual(
      ['-wal', '-shm', '-journal', ''].map((suffix) => file + suffix),
    )
    expect(destroyer.method).toMatchObject({ category: 'none', technique: 'unlink' })
    expect(readdirSync(folder.path)).toEqual(['a.db-other'])
    expect(await collect(destroyer.destroy(signal))).toEqual([])
  })

  it('refuses a file that has taken the place of the one it was made for', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'a.db')
    makeDatabase(file)
    await using destroyer = await sqliteConnector.destroyer(spec(file), signal)
    renameSync(file, `${file}.moved`)
    makeDatabase(file)
    await expect(collect(destroyer.destroy(signal))).rejects.toMatchObject({ code: 'destroy-failed' })
    expect(readdirSync(folder.path)).toEqual(['a.db', 'a.db.moved'])
  })

  it.each(['delete', 'wal'])(
    'begins nothing where somebody wrote after it was made, with the journal %s: it may be in no package',
    async (journal) => {
      using folder = temporaryFolder()
      const file = join(folder.path, 'a.db')
      makeDatabase(file)
      using db = new DatabaseSync(file)
      db.exec(`PRAGMA journal_mode=${journal}`)
      await using destroyer = await sqliteConnector.destroyer(spec(file), signal)
      // File systems tell time by the ticks of the system.
      await setTimeout(50)
      db.exec('INSERT INTO t VALUES (1)')
      await expect(collect(destroyer.destroy(signal))).rejects.toMatchObject({
        code: 'destroy-failed',
        details: { untouched: true },
      })
      expect(db.prepare('SELECT a FROM t').all()).toEqual([{ a: 1 }])
    },
  )

  it('refuses a database that would live on under another name', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'a.db')
    makeDatabase(file)
    linkSync(file, join(folder.path, 'b.db'))
    await using destroyer = await sqliteConnector.destroyer(spec(file), signal)
    await expect(collect(destroyer.destroy(signal))).rejects.toThrow(/2 hard links/)
  })
})

describe('prober', () => {
  it('sees what is left, through a symbolic link too', async () => {
    using folder = temporaryFolder()
    const [file, link] = [join(folder.path, 'a.db'), join(folder.path, 'link.db')]
    makeDatabase(file)
    symlinkSync(file, link)
    const seen = await look(link)
    expect(seen).toMatchObject({ state: 'present', fingerprint: (await look(file)).fingerprint })
    await using destroyer = await sqliteConnector.destroyer(spec(link), signal)
    await collect(destroyer.destroy(signal))
    for (const name of [file, link]) expect(await look(name)).toMatchObject({ state: 'absent' })
    writeFileSync(`${file}-wal`, 'x')
    const left = await look(link)
    expect(left.state).toBe('present')
    expect(left.looked).toContain(`lstat ${file}-wal: present`)
    expect(left.fingerprint).toBeUndefined()
  })

  it('does not call gone what lies in a folder that is not there', async () => {
    expect((await look('/no-such-folder/a.db')).state).toBe('could-not-check')
  })
})

describe('siblings', () => {
  it('finds other databases of the folder by their content, whatever their names', async () => {
    using folder = temporaryFolder()
    const file = join(folder.path, 'a.db')
    for (const name of ['a.db', 'archive.bin', 'old.db']) makeDatabase(join(folder.path, name))
    writeFileSync(join(folder.path, 'notes.db'), 'SQLite formats')
    const found = await collect(sqliteConnector.siblings(spec(file), signal))
    expect(found.map((sibling) => sibling.url).sort()).toEqual(
      ['archive.bin', 'old.db'].map((name) => `sqlite:${join(folder.path, name)}`),
    )
  })
})

describe('url', () => {
  it.each(['sqlite:relative.db', 'sqlite:', 'files:/a.db', 'sqlite:/folder/'])(
    '%s is refused',
    async (url) => {
      await expect(sqliteConnector.freeze({ name: 'x', url }, signal)).rejects.toMatchObject({
        code: 'usage',
      })
    },
  )
})
