import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  compare,
  dump,
  exportAll,
  hasShell,
  restore,
  scriptOf,
  sharedData,
  shellLoad,
  temporaryFolder,
} from './support.ts'

if (!sharedData || !hasShell) console.warn('skipped: the sqlite corpus or the sqlite3 program is missing')

describe.skipIf(!sharedData || !hasShell)('corpus of odd and damaged databases', () => {
  const folder = temporaryFolder()
  beforeAll(() => {
    execFileSync('tar', ['--zstd', '-xf', join(sharedData ?? '', 'corpus.tar.zst'), '-C', folder.path])
  })
  afterAll(() => folder[Symbol.dispose]())

  it('exports every valid one so that sqlite3 alone, and our restore, rebuild it', async () => {
    const valid = readdirSync(join(folder.path, 'valid')).map((name) => join(folder.path, 'valid', name))
    expect(valid.length).toBe(83)
    for (const file of [...valid, join(sharedData ?? '', 'chinook.sqlite')]) await expectRoundTrip(file)
  })

  async function expectRoundTrip(file: string): Promise<void> {
    const name = basename(file)
    const exported = await exportAll(file)
    expect({ name, losses: exported.losses }).toEqual({ name, losses: [] })
    const byShell = join(folder.path, `${name}.shell`)
    shellLoad(scriptOf(exported.entries), byShell)
    expect(dump(byShell).equals(dump(file)), `${name} loaded by sqlite3`).toBe(true)
    const byUs = join(folder.path, `${name}.restored`)
    await restore(exported, byUs)
    expect(dump(byUs).equals(dump(file)), `${name} restored`).toBe(true)
    expect({ name, differences: await compare(byUs, exported.items) }).toEqual({ name, differences: [] })
    expect({ name, differences: await compare(byShell, exported.items) }).toEqual({ name, differences: [] })
  }

  it('reports every damaged one as lost, and gives its bytes', async () => {
    const damaged = readdirSync(join(folder.path, 'damaged'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    expect(damaged.length).toBe(25)
    for (const file of damaged) {
      const { items, entries, losses } = await exportAll(file)
      expect(items).toEqual([expect.objectContaining({ id: 'database', kind: 'damaged' })])
      expect(items[0]?.lost).toMatch(/^damaged: \S/)
      expect(losses).toEqual([{ item: 'database', lost: items[0]?.lost }])
      expect(entries.map((entry) => entry.path)).toEqual([`data/damaged/${basename(file)}`])
      expect(entries[0]?.bytes.equals(readFileSync(file))).toBe(true)
    }
  })
})
