import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { asRestituteError, systemClock } from '@restitute/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import type { SourceTerms } from '../../packages/manifest/src/index.ts'
import { takeInventory } from '../../packages/run/src/index.ts'
import { openCase, pin } from '../support/case.ts'
import { startRestitute } from '../support/cli.ts'
import { exportFrom, type Keys, newKeys, temporaryFolder } from '../support/export.ts'
import { eventually } from '../support/wait.ts'

/**
 * A system whose hooks leave their names in `log`: `frozen` is there while it stands still, `copy` is its snapshot. What
 * lies in `obey` is run in the place of the hook of that name.
 */
interface System {
  readonly root: string
  readonly log: () => Promise<string[]>
  readonly source: (hooks?: readonly string[], more?: object) => SourceTerms
}

const usual = `
freeze() { touch frozen; }
snapshot() { cp -a live copy; }
thaw() { rm -f frozen; }
discard() { rm -rf copy; }`

async function systemAt(root: string): Promise<System> {
  await mkdir(join(root, 'live'), { recursive: true })
  await mkdir(join(root, 'obey'))
  await writeFile(join(root, 'live/letter.txt'), 'before\n')
  const hook = join(root, 'hook')
  const run = 'echo "$1" >> log; if [ -f "obey/$1" ]; then . "obey/$1"; else "$1"; fi'
  await writeFile(hook, `#!/bin/sh\nset -e\ncd "${root}"\n${usual}\n${run}\n`)
  await chmod(hook, 0o700)
  const all = ['freeze', 'snapshot', 'thaw', 'discard']
  return {
    root,
    log: async () => (await readFile(join(root, 'log'), 'utf8').catch(() => '')).split('\n').filter(Boolean),
    source: (wanted = all, more = {}) => ({
      name: 'docs',
      url: `files:${join(root, wanted.includes('snapshot') ? 'copy' : 'live')}`,
      hooks: { ...Object.fromEntries(wanted.map((name) => [name, [hook, name]])), ...more },
    }),
  }
}

let keys: Keys
beforeAll(async () => {
  keys = await newKeys()
})

/** Nothing is frozen, nothing is left of a snapshot, and nothing is to be undone. */
async function expectUndone({ root }: System): Promise<void> {
  expect(existsSync(join(root, 'frozen'))).toBe(false)
  expect(existsSync(join(root, 'copy'))).toBe(false)
  expect(await readdir(join(root, 'work/hooks'))).toEqual([])
}

describe('the hooks of a source', () => {
  it('freeze it, take a snapshot and thaw it before anything is read; the manifest says when', async () => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    const { manifest } = await exportFrom(folder.path, keys, [system.source()])
    expect(await system.log()).toEqual(['freeze', 'snapshot', 'thaw', 'discard'])
    const { frozenAt, snapshotAt, thawedAt } = manifest.sources[0]?.view.hooks ?? {}
    const times = [frozenAt, snapshotAt, thawedAt, manifest.sources[0]?.view.takenAt]
    expect(times.every(Boolean)).toBe(true)
    expect(times.toSorted((a = '', b = '') => (a < b ? -1 : 1))).toEqual(times)
    expect(manifest.sources[0]?.totals.exported.items).toBe(2)
    await expectUndone(system)
  })

  it('without a snapshot hold it until it is read whole', async () => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    const frozen: boolean[] = []
    const progress = () => void frozen.push(existsSync(join(folder.path, 'frozen')))
    const source = system.source(['freeze', 'thaw'])
    const { manifest } = await exportFrom(folder.path, keys, [source], { progress })
    expect(frozen).toContain(true)
    expect(await system.log()).toEqual(['freeze', 'thaw'])
    expect(Object.keys(manifest.sources[0]?.view.hooks ?? {})).toEqual(['frozenAt', 'thawedAt'])
    await expectUndone(system)
  })

  it.each([
    ['freeze', 'exit 3', '3', ['freeze', 'thaw']],
    ['snapshot', 'exit 3', '3', ['freeze', 'snapshot', 'thaw', 'discard']],
    ['snapshot', 'kill -9 $$', 'SIGKILL', ['freeze', 'snapshot', 'thaw', 'discard']],
  ])('that fail at %s by %s are undone, and say what failed', async (failing, end, status, log) => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    await writeFile(join(folder.path, 'obey', failing), `echo no room >&2; ${end}`)
    await expect(exportFrom(folder.path, keys, [system.source()])).rejects.toMatchObject({
      code: 'source-unreachable',
      message: `hook docs: ${failing}: ended with ${status}: no room`,
    })
    expect(await system.log()).toEqual(log)
    await expectUndone(system)
  })

  it('are undone when the source cannot be opened', async () => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    await writeFile(join(folder.path, 'obey/snapshot'), 'true')
    await expect(exportFrom(folder.path, keys, [system.source()])).rejects.toMatchObject({
      code: 'source-unreachable',
    })
    expect(await system.log()).toEqual(['freeze', 'snapshot', 'thaw', 'discard'])
    await expectUndone(system)
  })

  it('have a limit of time, after which the source is thawed', async () => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    await writeFile(join(folder.path, 'obey/freeze'), 'touch frozen; exec sleep 60')
    const source = system.source(undefined, { timeout: 'PT1S' })
    await expect(exportFrom(folder.path, keys, [source])).rejects.toThrow('docs: freeze: not done after 1 s')
    await expectUndone(system)
  })

  it('that take too long are killed with what they have started: nothing freezes after the thaw', async () => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    await writeFile(join(system.root, 'obey/freeze'), '(sleep 2; touch frozen) & wait')
    const source = system.source(undefined, { timeout: 'PT1S' })
    await expect(exportFrom(folder.path, keys, [source])).rejects.toThrow('docs: freeze: not done after 1 s')
    await sleep(2_000)
    await expectUndone(system)
  })

  it('are undone when the export is cancelled meanwhile', async () => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    await writeFile(join(folder.path, 'obey/snapshot'), 'exec sleep 60')
    const stop = new AbortController()
    const exporting = exportFrom(folder.path, keys, [system.source()], { signal: stop.signal })
    const ended = exporting.catch((error: unknown) => error)
    await eventually(async () => (await system.log()).includes('snapshot') || undefined)
    stop.abort()
    expect(await ended).toMatchObject({ code: 'interrupted' })
    expect(await system.log()).toEqual(['freeze', 'snapshot', 'thaw', 'discard'])
    await expectUndone(system)
  })

  it('that cannot thaw say so at once, and the next run tries again', async () => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    await writeFile(join(folder.path, 'obey/thaw'), 'exit 1')
    await expect(exportFrom(folder.path, keys, [system.source()])).rejects.toThrow(
      'source docs: it may still be frozen',
    )
    expect(existsSync(join(folder.path, 'frozen'))).toBe(true)
    await rm(join(folder.path, 'obey/thaw'))
    await exportFrom(folder.path, keys, [system.source()])
    await expectUndone(system)
  })

  it('that cannot thaw say so of an inventory, too', async () => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    await writeFile(join(folder.path, 'obey/thaw'), 'exit 1')
    const { name, url, hooks } = system.source()
    const place = { folder: join(folder.path, 'work/hooks'), clock: systemClock }
    const sources = [{ name, url, ...(hooks && { hooks }) }]
    const { signal } = new AbortController()
    const counted = takeInventory({ sources, connectorOf, hooks: place, signal })
    const said = asRestituteError(await counted.catch((error: unknown) => error))
    expect(said).toMatchObject({ code: 'source-unreachable', hint: expect.stringMatching(/thaw it by hand/) })
    expect(said.message).toMatch(/^source docs: it may still be frozen: hook docs: thaw: ended with 1$/)
  })

  it('are run by the inventory, too, and not while an export runs them', async () => {
    await using folder = await temporaryFolder()
    const system = await systemAt(folder.path)
    const { name, url, hooks } = system.source()
    const place = { folder: join(folder.path, 'work/hooks'), clock: systemClock }
    const sources = [{ name, url, ...(hooks && { hooks }) }]
    const count = () =>
      takeInventory({ sources, connectorOf, hooks: place, signal: new AbortController().signal })
    expect((await count())[0]?.items).toBe(2)
    expect(await system.log()).toEqual(['freeze', 'snapshot', 'thaw', 'discard'])
    await expectUndone(system)
    await writeFile(join(folder.path, 'obey/freeze'), 'touch frozen; while [ ! -f go ]; do sleep 0.1; done')
    const exporting = exportFrom(folder.path, keys, [system.source()])
    await eventually(() => existsSync(join(folder.path, 'frozen')) || undefined)
    await expect(count()).rejects.toMatchObject({ code: 'dossier-locked' })
    await writeFile(join(folder.path, 'go'), '')
    await exporting
    await expectUndone(system)
  })
})

describe('an export that is killed', () => {
  it('while its source is frozen thaws it when it is started again', async () => {
    let system: System | undefined
    await using c = await openCase({
      sources: async (root) => {
        system = await systemAt(join(root, 'system'))
        const { name, url, hooks } = system.source()
        return [{ name, url, more: `hooks: ${JSON.stringify(hooks)}` }]
      },
    })
    await pin(c)
    if (system === undefined) throw new Error('no system')
    const { root, log } = system
    await writeFile(join(root, 'obey/snapshot'), 'rm obey/snapshot; exec sleep 3')
    const args = ['export', '--dossier', c.dossier, '--as', c.keyFile('operator')]
    const first = startRestitute(args)
    await eventually(async () => (await log()).includes('snapshot') || undefined)
    first.child.kill('SIGKILL')
    await first.done
    expect(existsSync(join(root, 'frozen'))).toBe(true)
    const { exit, stderr } = await startRestitute(args).done
    expect(exit, stderr).toBe(0)
    const once = ['freeze', 'snapshot', 'thaw', 'discard']
    expect(await log()).toEqual(['freeze', 'snapshot', 'thaw', 'discard', ...once])
    expect(existsSync(join(root, 'frozen'))).toBe(false)
    expect(existsSync(join(root, 'copy'))).toBe(false)
    expect(await readdir(join(c.dossier, 'work/hooks'))).toEqual([])
  })
})
