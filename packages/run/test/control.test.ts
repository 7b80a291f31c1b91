import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { beginControl, changeControl, endControl, readControl } from '../src/control/control.ts'
import { endRun, type RunState, runningExports, writeRun } from '../src/control/run-state.ts'
import { steerExport } from '../src/control/steer.ts'
import { createDatabase } from '../src/journal/database.ts'
import { setMeta } from '../src/journal/meta.ts'

let folder: string
let db: DatabaseSync

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'restitute-control-'))
  db = createDatabase(folder, 'R1-0001')
})
afterEach(() => {
  db.close()
  rmSync(folder, { recursive: true })
})

const facts = {
  ...{ package: 'R1-0001', revision: 0, paused: false, draining: false, bytesPerSecond: 0, sources: [] },
  ...{ doneBytes: 1, totalBytes: 2, doneItems: 1, totalItems: 2 },
}

function noted(state: Partial<RunState>): void {
  const all = { ...facts, pid: process.pid, host: hostname(), heardAt: Date.now(), ...state }
  setMeta(db, 'run', JSON.stringify(all))
}

describe('runningExports', () => {
  it('shows an export as long as it runs', () => {
    expect(runningExports(folder)).toEqual([])
    writeRun(db, facts)
    expect(runningExports(folder)).toMatchObject([{ ...facts, pid: process.pid }])
    endRun(db)
    expect(runningExports(folder)).toEqual([])
  })

  it.each([
    ['of a process that is gone', { pid: 2 ** 22 + 1 }],
    [
      'of one that has been silent for long, whose number another process may have',
      { heardAt: Date.now() - 61_000 },
    ],
  ])('does not show one %s', (_what, state) => {
    noted(state)
    expect(runningExports(folder)).toEqual([])
  })

  it.each([
    ['on another machine', { host: 'elsewhere' }],
    ['in another container', { seenFrom: { boot: 'x', numbers: 'pid:[1]' } }],
  ])('believes an export %s while it is heard of', (_what, state) => {
    noted({ pid: 2 ** 22 + 1, ...state })
    expect(runningExports(folder)).toHaveLength(1)
  })

  it('passes over what else lies in the work folder', () => {
    mkdirSync(join(folder, 'other'))
    mkdirSync(join(folder, 'R1-0002'))
    writeFileSync(join(folder, 'R1-0002/journal.sqlite'), '')
    expect(runningExports(folder)).toEqual([])
    expect(runningExports(join(folder, 'missing'))).toEqual([])
  })
})

describe('what is asked of an export', () => {
  const ask = (paused: boolean): void =>
    void changeControl(db, () => ({ paused, limits: { docs: { rate: 1000 } } }))

  it('has a new revision with every change', () => {
    ask(true)
    ask(false)
    expect(readControl(db)).toEqual({ revision: 2, paused: false, limits: { docs: { rate: 1000 } } })
  })

  it('does not pause the next run, but goes on protecting the source', () => {
    ask(true)
    beginControl(db)
    expect(readControl(db)).toMatchObject({ paused: false, limits: { docs: { rate: 1000 } } })
  })

  it('is forgotten with the package', () => {
    ask(true)
    endControl(db)
    expect(readControl(db)).toEqual({ revision: 0, paused: false, limits: {} })
  })
})

describe('steerExport', () => {
  const { signal } = new AbortController()

  it('returns once the export has obeyed', async () => {
    noted({ host: 'elsewhere' })
    const steered = steerExport(folder, ({ limits }) => ({ paused: true, limits }), signal)
    noted({ revision: 1, paused: true })
    expect(await steered).toMatchObject({ revision: 1, paused: true })
  })

  it('says that none runs, or that it has ended meanwhile', async () => {
    const pause = () => steerExport(folder, ({ limits }) => ({ paused: true, limits }), signal)
    await expect(pause()).rejects.toMatchObject({ code: 'not-found' })
    noted({})
    const steered = pause()
    endRun(db)
    await expect(steered).rejects.toMatchObject({ code: 'not-found' })
  })
})
