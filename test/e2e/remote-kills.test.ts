import { randomFillSync } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openPackage } from '@restitute/archive'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { destinationOf } from '../../cli/src/destinations.ts'
import { type CuttingProxy, startCuttingProxy } from '../services/cutting-proxy.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { type CliRun, restitute, startRestitute } from '../support/cli.ts'
import { deliverArguments } from '../support/deliver.ts'
import { entrySet } from '../support/entry-set.ts'
import { type Remote, remoteKinds } from '../support/remotes.ts'

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 300_000 })

const mebibyte = 1024 * 1024
// A trial at size: `RESTITUTE_KILLS=20 RESTITUTE_KILLS_FILES=200`.
const kills = Number(process.env['RESTITUTE_KILLS'] ?? 3)
/** Of 6 MiB that do not compress. */
const files = Number(process.env['RESTITUTE_KILLS_FILES'] ?? 16)

async function fill(folder: string): Promise<void> {
  await mkdir(folder)
  for (let i = 0; i < files; i++) {
    await writeFile(join(folder, `scan-${i}.dcm`), randomFillSync(Buffer.alloc(6 * mebibyte)))
    await writeFile(join(folder, `note-${i}.txt`), `note ${i}\n`)
  }
}

/** A case on the tree, whose vault lies at a place of another machine where one is given. */
async function newCase(source: string, vault?: string): Promise<Case> {
  const c = await openCase({
    sources: async () => [{ name: 'documents', url: `files:${source}` }],
    contract: (yaml) =>
      vault === undefined
        ? yaml
        : yaml.replace(
            /name: vault, url: .*, country/,
            `name: vault, url: "${vault}", secret: env:VAULT, country`,
          ),
  })
  await pin(c)
  return c
}

function exporting(c: Case): string[] {
  return ['export', '--dossier', c.dossier, '--as', c.keyFile('operator'), '--json']
}

describe.each(remoteKinds)('at random moments, on $kind,', ({ available, start }) => {
  describe.runIf(available())('the server is killed or the program is', () => {
    let [remote, proxy, calm]: [Remote, CuttingProxy, Case] = [] as never
    let expected: string[] = []
    let made = 0
    beforeAll(async () => {
      remote = await start()
      proxy = await startCuttingProxy(remote.port)
      calm = await openCase({
        sources: async (root) => {
          await fill(join(root, 'tree'))
          return [{ name: 'documents', url: `files:${join(root, 'tree')}` }]
        },
      })
      await pin(calm)
      const run = await restitute(exporting(calm))
      if (run.exit !== 0) throw new Error(run.stderr)
      expected = await entriesAt(calm, `directory:${join(calm.vault, 'R1-0001')}`)
    })
    afterAll(async () => {
      await calm?.[Symbol.asyncDispose]()
      await proxy?.[Symbol.asyncDispose]()
      await remote?.[Symbol.asyncDispose]()
    })

    const placeFor = () => remote.url(`case-${++made}`, proxy.port)
    const environment = () => ({ VAULT: remote.secret })

    async function entriesAt(c: Case, url: string): Promise<string[]> {
      const opened = await openPackage(await destinationOf({ url, secret: remote.secret }))
      return entrySet(opened, c.cast.key('client-1'))
    }

    /** Runs a command until it is done, however often it or the server is killed in the middle. */
    async function underFire(command: readonly string[]): Promise<CliRun> {
      for (let kill = 0; kill < kills; kill++) {
        const { child, done } = startRestitute(command, environment())
        await untilSent(Math.random() * files * 4 * mebibyte, child)
        if (kill % 2 === 0) child.kill('SIGKILL')
        else await remote.crash(Math.random() * 1500)
        const run = await done
        if (run.exit === 0) return run
        // Killed, or the destination could not be reached; never refused, never incomplete.
        expect([-1, 4], run.stderr).toContain(run.exit)
      }
      return restitute(command, environment())
    }

    async function untilSent(bytes: number, child: { readonly exitCode: number | null }): Promise<void> {
      for (const from = proxy.sent; proxy.sent - from < bytes && child.exitCode === null; ) await sleep(5)
    }

    /** Whole and signed, nothing beside it, nothing unfinished, and every entry that the undisturbed run gave. */
    async function expectWhole(c: Case, url: string): Promise<void> {
      const key = ['--key', c.keyFile('client-1'), '--signer', c.keyFile('operator').replace(/key$/, 'asc')]
      const verified = await restitute(
        ['verify', url, ...key, '--secret', 'env:VAULT', '--json'],
        environment(),
      )
      expect(verified.json(), verified.stderr).toMatchObject({ verdict: 'valid' })
      expect(expected.length).toBeGreaterThan(2 * files)
      expect(await entriesAt(c, url)).toEqual(expected)
      expect(await remote.unfinished()).toEqual([])
    }

    it('during an export straight to it: run again, it ends as an undisturbed one', async () => {
      const place = placeFor()
      await using c = await newCase(join(calm.root, 'tree'), place)
      const run = await underFire(exporting(c))
      expect(run.exit, run.stderr).toBe(0)
      await expectWhole(c, String(run.json()['url']))
    })

    it('during a delivery: run again, it ends as an undisturbed one', async () => {
      const place = placeFor()
      const run = await underFire(deliverArguments(calm, place, 'env:VAULT'))
      expect(run.exit, run.stderr).toBe(0)
      await expectWhole(calm, place.replace('?', '/R1-0001?'))
    })
  })
})
