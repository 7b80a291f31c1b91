import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { exportPackage } from '../../packages/run/src/index.ts'
import { exportOptions, newKeys, temporaryFolder } from '../support/export.ts'
import { plant, sampleTree } from '../support/tree.ts'
import { eventually } from '../support/wait.ts'

const keys = await newKeys()

describe('a source with a rate', () => {
  it('is not read faster', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), { a: 'x'.repeat(300_000), b: 'y'.repeat(300_000), c: 'z' })
    const terms = { name: 'docs', url: `files:${join(folder.path, 'tree')}`, rate: '400kB/s' }
    const begun = performance.now()
    await exportPackage(exportOptions(folder.path, keys, [terms]))
    // The first chunk of each of the two workers is free.
    expect(performance.now() - begun).toBeGreaterThan(500)
  })
})

describe('a source with a window', () => {
  const terms = (folder: string) => ({
    ...{ name: 'docs', url: `files:${join(folder, 'tree')}`, rate: '500kB/s', window: '22:00-06:00' },
  })

  it('waits outside it with its view held, says so, and goes on in the same view', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(200))
    // The view is taken at the machine's time.
    const today = new Date().setUTCHours(0, 0, 0, 0)
    const at = (hours: number): Date => new Date(today + hours * 3_600_000)
    const clock = { at: at(23), now: () => clock.at }
    const notes: string[] = []
    let doneItems = 0
    const done = exportPackage({
      ...exportOptions(folder.path, keys, [terms(folder.path)]),
      at: clock,
      progress: (report) => {
        doneItems = report.doneItems ?? 0
        if (report.task === 'export' && report.note !== undefined) notes.push(report.note)
      },
    })
    await eventually(() => (doneItems > 0 ? true : undefined))
    clock.at = at(24 + 24 + 12)
    await eventually(() => (notes.length > 0 ? true : undefined))
    expect(notes[0]).toMatch(/^docs waits for 22:00-06:00, view held for [12] d \d+ h$/)
    const volumes = (): Promise<string[]> => readdir(join(folder.path, 'out/R1-0001/volumes'))
    const held = (await volumes()).length
    await sleep(1500)
    // The two in hand are finished; some dozen others are not begun.
    expect((await volumes()).length).toBeLessThanOrEqual(held + 2)
    clock.at = at(24 + 24 + 23)
    const { manifest } = await done
    expect(manifest.volumes.length).toBeGreaterThan(held + 2)
    expect(manifest.sources[0]?.view.point).not.toContain('continued at')
  })

  it('is not even opened before it', async () => {
    await using folder = await temporaryFolder()
    await plant(join(folder.path, 'tree'), sampleTree(5))
    const abort = new AbortController()
    const notes: string[] = []
    const waiting = exportPackage({
      ...exportOptions(folder.path, keys, [terms(folder.path)], { signal: abort.signal }),
      at: { now: () => new Date('2026-01-11T11:30:00Z') },
      progress: ({ note = '' }) => {
        notes.push(note)
        abort.abort()
      },
    })
    await expect(waiting).rejects.toMatchObject({ code: 'interrupted' })
    expect(notes[0]).toBe('docs waits for 22:00-06:00')
    expect(await readdir(folder.path)).toEqual(['tree', 'work'])
  })
})
