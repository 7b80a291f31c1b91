import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openPackage } from '@restitute/archive'
import { describe, expect, it, vi } from 'vitest'
import { randomOf } from '../../cli/src/demo/random.ts'
import { destinationOf } from '../../cli/src/destinations.ts'
import { Bucket } from '../../packages/connector-s3/test/support/buckets.ts'
import { type Ceph, haveCeph, startCeph } from '../services/ceph.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { type CliRun, restitute, startRestitute } from '../support/cli.ts'
import { entrySet } from '../support/entry-set.ts'

vi.setConfig({ testTimeout: 1_200_000 })

// A trial at size: `RESTITUTE_KILLS=12 RESTITUTE_KILLS_OBJECTS=20000`.
const objects = Number(process.env['RESTITUTE_KILLS_OBJECTS'] ?? 2500)
const kills = Number(process.env['RESTITUTE_KILLS'] ?? 4)
/** Milliseconds, within which a run is killed. */
const longest = 500 + objects

async function filled(ceph: Ceph): Promise<Bucket> {
  const bucket = await new Bucket(ceph).make({ versioned: true })
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < objects; i = next++) await bucket.put(`${i % 7}/${i >> 1}`, `content ${i}`)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  await bucket.put('large', Buffer.alloc(40 * 2 ** 20, 'scan'))
  return bucket
}

function exportArguments(c: Case): string[] {
  return ['export', '--quiet', '--dossier', c.dossier, '--as', c.keyFile('operator')]
}

async function entriesOf(c: Case): Promise<string[]> {
  const destination = await destinationOf({ url: `directory:${join(c.vault, 'R1-0001')}` })
  return entrySet(await openPackage(destination), c.cast.key('client-1'))
}

/** Exports, killing now the export and now the server in the middle, until enough were killed or it has ended. */
async function exportUnderFire(c: Case, ceph: Ceph): Promise<CliRun> {
  const random = randomOf(7)
  for (let kill = 0; kill < kills; kill++) {
    const { child, done } = startRestitute(exportArguments(c))
    await sleep(1500 + random.below(longest))
    if (kill % 2 === 0) child.kill('SIGKILL')
    else await killServer(ceph, random.below(2000))
    const run = await done
    if (run.exit === 0) return run
    // Either it was killed, or the service could not be reached; never a package with losses.
    expect([-1, 4], run.stderr).toContain(run.exit)
  }
  return restitute(exportArguments(c))
}

async function killServer(ceph: Ceph, milliseconds: number): Promise<void> {
  await ceph.killGateway()
  await sleep(milliseconds)
  await ceph.startGateway()
}

describe.runIf(haveCeph())('an export from a server that is killed, by a process that is killed', () => {
  it('ends with the same entries as an undisturbed one', async () => {
    await using ceph = await startCeph({ store: 'bluestore' })
    process.env['RESTITUTE_TEST_SECRET'] = ceph.secret
    const bucket = await filled(ceph)
    const open = () =>
      openCase({
        sources: async () => [
          { name: 'objects', url: bucket.spec.url, more: 'secret: env:RESTITUTE_TEST_SECRET' },
        ],
      })
    await using calm = await open()
    await pin(calm)
    const undisturbed = await restitute(exportArguments(calm))
    expect(undisturbed.exit, undisturbed.stderr).toBe(0)
    await using fired = await open()
    await pin(fired)
    const { exit, stderr } = await exportUnderFire(fired, ceph)
    expect(exit, stderr).toBe(0)
    expect(await entriesOf(fired)).toEqual(await entriesOf(calm))
  })
})
