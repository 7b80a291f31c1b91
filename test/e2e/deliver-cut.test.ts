import { createHash, randomFillSync } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { destinationOf } from '../../cli/src/destinations.ts'
import { type CuttingProxy, startCuttingProxy } from '../services/cutting-proxy.ts'
import { type Case, exportPackage, openCase, pin } from '../support/case.ts'
import { type CliRun, restitute, startRestitute } from '../support/cli.ts'
import { deliverArguments } from '../support/deliver.ts'
import { type Remote, remoteKinds } from '../support/remotes.ts'

vi.setConfig({ testTimeout: 300_000 })

const mebibyte = 1024 * 1024
const contentBytes = 64 * mebibyte

/** A package of one volume of 64 MiB that does not compress. */
async function newCase(): Promise<Case> {
  const c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'source'))
      await writeFile(join(root, 'source', 'scan.dcm'), randomFillSync(Buffer.alloc(contentBytes)))
      return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
    },
  })
  await pin(c)
  await exportPackage(c)
  return c
}

describe.each(remoteKinds)('a delivery to $kind', ({ available, start }) => {
  describe.runIf(available())('of a real server', () => {
    let [remote, proxy, c]: [Remote, CuttingProxy, Case] = [] as never
    let made = 0
    beforeAll(async () => {
      remote = await start()
      proxy = await startCuttingProxy(remote.port)
      c = await newCase()
    })
    afterAll(async () => {
      await proxy?.[Symbol.asyncDispose]()
      await remote?.[Symbol.asyncDispose]()
      await c?.[Symbol.asyncDispose]()
    })

    const placeFor = () => remote.url(`case-${++made}`, proxy.port)
    const environment = () => ({ CLIENT_KEY: remote.secret })

    /** What lies there is, file by file, what lies in the vault; nothing is left unfinished. */
    async function expectEqual(place: string): Promise<void> {
      const url = place.replace('?', '/R1-0001?')
      const destination = await destinationOf({ url, secret: remote.secret })
      const there = new Map<string, string>()
      for await (const { name } of destination.list()) {
        const hash = createHash('sha256')
        for await (const chunk of destination.read(name)) hash.update(chunk)
        there.set(name, hash.digest('hex'))
      }
      expect(there).toEqual(await digestsIn(join(c.vault, 'R1-0001')))
      expect(await remote.unfinished()).toEqual([])
    }

    const deliver = (place: string) => restitute(deliverArguments(c, place, 'env:CLIENT_KEY'), environment())

    it('survives connections that break again and again, and is verified by the client from there', async () => {
      const place = placeFor()
      const delivered = deliver(place)
      let ended = false
      void delivered.then(() => (ended = true))
      for (let cuts = 0; cuts < 6 && !ended; cuts++) {
        await Promise.race([proxy.cutAfter(randomBetween(6, 20) * mebibyte), delivered])
      }
      expectDone(await delivered)
      await expectEqual(place)

      const url = place.replace('?', '/R1-0001?')
      const client1 = [
        '--key',
        c.keyFile('client-1'),
        '--signer',
        c.keyFile('operator').replace(/key$/, 'asc'),
      ]
      const verified = await restitute(
        ['verify', url, '--secret', 'env:CLIENT_KEY', ...client1, '--json'],
        environment(),
      )
      expect(verified.json(), verified.stderr).toMatchObject({ verdict: 'valid' })
      const out = join(c.root, 'extracted')
      const extracted = await restitute(
        ['extract', url, '--secret', 'env:CLIENT_KEY', ...client1, '--to', out],
        environment(),
      )
      expect(extracted.exit, extracted.stderr).toBe(0)
      const [original, copy] = await Promise.all(
        [join(c.root, 'source'), join(out, 'documents/data')].map((folder) =>
          readFile(join(folder, 'scan.dcm')),
        ),
      )
      expect(copy?.equals(original ?? Buffer.alloc(0))).toBe(true)
    })

    it('goes no faster than it is asked to', async () => {
      const before = [performance.now(), proxy.sent] as const
      const limited = [...deliverArguments(c, placeFor(), 'env:CLIENT_KEY'), '--rate', '16MB/s']
      expectDone(await restitute(limited, environment()))
      const [seconds, bytes] = [(performance.now() - before[0]) / 1000, proxy.sent - before[1]]
      expect(bytes).toBeGreaterThan(contentBytes)
      // A pace holds from below, however slow the machine is.
      expect(seconds).toBeGreaterThan((contentBytes / 16e6) * 0.9)
    })

    it('killed at random moments, goes on inside the volume and ends equal', async () => {
      const place = placeFor()
      for (let kills = 0; kills < 3; kills++) await killAfter(place, randomBetween(2, 30) * mebibyte)
      await killAfter(place, 50 * mebibyte)
      const before = proxy.sent
      expectDone(await deliver(place))
      expect(proxy.sent - before).toBeLessThan(contentBytes * 0.75)
      await expectEqual(place)
    })

    async function killAfter(place: string, bytes: number): Promise<void> {
      const { child, done } = startRestitute(deliverArguments(c, place, 'env:CLIENT_KEY'), environment())
      for (const from = proxy.sent; proxy.sent - from < bytes && child.exitCode === null; ) await sleep(5)
      child.kill('SIGKILL')
      await done
    }
  })
})

function expectDone(run: CliRun): void {
  expect(run.json(), run.stderr).toMatchObject({ exit: 0 })
}

async function digestsIn(folder: string): Promise<Map<string, string>> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  const digests = new Map<string, string>()
  for (const file of found.filter((one) => one.isFile())) {
    const path = join(file.parentPath, file.name)
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex')
    digests.set(path.slice(folder.length + 1), sha256)
  }
  return digests
}

function randomBetween(low: number, high: number): number {
  return low + Math.random() * (high - low)
}
