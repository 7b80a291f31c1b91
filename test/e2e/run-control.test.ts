import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { limit } from '../../cli/src/commands/limit.ts'
import { setPaused } from '../../cli/src/commands/pause.ts'
import { status } from '../../cli/src/commands/status.ts'
import { type RunState, runningExports } from '../../packages/run/src/index.ts'
import { type Case, type CaseSource, openCase } from '../support/case.ts'
import { type StartedCli, startRestitute } from '../support/cli.ts'
import { eventually } from '../support/wait.ts'

const files = 10
const fileBytes = 400_000

/** So slow that an export is still at it when somebody does something; several shards, since each has at most 2 000 items. */
async function slowSource(root: string): Promise<readonly CaseSource[]> {
  const tree = join(root, 'tree')
  await mkdir(join(tree, 'small'), { recursive: true })
  for (let i = 0; i < files; i++) await writeFile(join(tree, `f${i}`), Buffer.alloc(fileBytes, i))
  for (let i = 0; i < 4500; i++) await writeFile(join(tree, 'small', `s${i}`), 'x')
  return [{ name: 'docs', url: `files:${tree}`, more: 'rate: 1MB/s, workers: 2' }]
}

function start(c: Case): StartedCli {
  return startRestitute(['export', '--dossier', c.dossier, '--as', c.keyFile('operator'), '--json'])
}

function running(c: Case): RunState | undefined {
  return runningExports(join(c.dossier, 'work'))[0]
}

function someDone(c: Case): Promise<RunState> {
  return eventually(() => {
    const state = running(c)
    return state && state.doneBytes > 0 ? state : undefined
  })
}

async function temporaryFiles(c: Case): Promise<string[]> {
  return (await readdir(c.root, { recursive: true })).filter((path) => path.includes('.tmp'))
}

describe('a running export', () => {
  it('is shown by status, paused, resumed and limited from another process', async () => {
    await using c = await openCase({ sources: slowSource })
    await expect(setPaused(c.session, true)).rejects.toMatchObject({ code: 'not-found' })
    const { child, done } = start(c)
    await someDone(c)
    const [shown] = (await status(c.session)).json['running'] as unknown as RunState[]
    expect(shown).toMatchObject({ package: 'R1-0001', pid: child.pid, paused: false })
    expect(shown?.sources[0]).toMatchObject({ source: 'docs', workers: 2, rate: 1_000_000 })

    await setPaused(c.session, true)
    // Chunks that were on their way when it was paused may still arrive.
    await eventually(async () =>
      (await status(c.session)).lines.some((l) => l.includes('PAUSED')) ? true : undefined,
    )
    const before = await settledBytes(c)
    const after = await settledBytes(c)
    expect(after).toBe(before)
    expect(after).toBeLessThan(files * fileBytes)

    const allowed = { source: 'docs', rate: '500kB/s', workers: '1' }
    await limit(c.session, allowed)
    expect(running(c)?.sources[0]).toMatchObject({ workers: 1, rate: 500_000, hold: 'paused' })
    await expect(limit(c.session, { source: 'docs', rate: '2MB/s' })).rejects.toMatchObject({ code: 'usage' })
    await expect(limit(c.session, { source: 'docs', workers: '3' })).rejects.toMatchObject({ code: 'usage' })
    await expect(limit(c.session, { source: 'other' })).rejects.toMatchObject({ code: 'usage' })
    await limit(c.session, { source: 'docs' })
    expect(running(c)?.sources[0]).toMatchObject({ workers: 2, rate: 1_000_000 })

    await setPaused(c.session, false)
    expect((await done).exit).toBe(0)
    expect(running(c)).toBeUndefined()
  })
})

/** What is done once a paused run stands still: the same at two looks more than a second apart. */
async function settledBytes(c: Case): Promise<number> {
  let last: RunState | undefined
  return eventually(() => {
    const now = running(c)
    if (last === undefined || now === undefined || now.doneBytes !== last.doneBytes) last = now
    return now && last && now.heardAt - last.heardAt > 1500 ? now.doneBytes : undefined
  })
}

describe('a signal', () => {
  it.each(['SIGTERM', 'SIGHUP'] as const)(
    '%s lets an export finish the volumes in hand, and a second run make the rest',
    async (signal) => {
      await using c = await openCase({ sources: slowSource })
      const { child, done } = start(c)
      await someDone(c)
      child.kill(signal)
      const run = await done
      expect(run.exit).toBe(130)
      expect(run.json()['error']).toMatchObject({ code: 'interrupted' })
      expect(await temporaryFiles(c)).toEqual([])
      const volumes = await readdir(join(c.vault, 'R1-0001/volumes'))
      expect(volumes.length).toBeGreaterThan(0)
      expect(running(c)).toBeUndefined()
      const again = await start(c).done
      expect(again.json()).toMatchObject({ exit: 0, volumes: { reused: volumes.length } })
    },
  )

  it('ends an export at once when it comes twice, and one that is paused the first time', async () => {
    await using c = await openCase({ sources: slowSource })
    for (const paused of [false, true]) {
      const { child, done } = start(c)
      await someDone(c)
      if (paused) await setPaused(c.session, true)
      child.kill('SIGINT')
      if (!paused) {
        await eventually(() => (running(c)?.draining ? true : undefined))
        child.kill('SIGINT')
      }
      expect((await done).exit).toBe(130)
      expect(await temporaryFiles(c)).toEqual([])
    }
    expect((await start(c).done).exit).toBe(0)
  })
})
