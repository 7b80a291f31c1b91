import { spawnSync } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { deliver } from '../../cli/src/commands/deliver.ts'
import { deliverMedia } from '../../cli/src/commands/deliver-media.ts'
import type { Session } from '../../cli/src/session.ts'
import { openDossier } from '../../packages/dossier/src/index.ts'
import { type Case, exportPackage, openCase, pin } from '../support/case.ts'
import { canMount } from '../support/loop-disk.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

/** Two packages, and two disks to deliver them to. */
async function newCase(): Promise<Case> {
  const c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'letters'))
      return [{ name: 'letters', url: `files:${join(root, 'letters')}` }]
    },
  })
  await pin(c)
  await writeFile(join(c.root, 'letters', 'first.txt'), 'Dear colleague\n')
  await exportPackage(c)
  await writeFile(join(c.root, 'letters', 'second.txt'), 'Dear patient\n')
  await exportPackage(c, 'R1-0001')
  for (const disk of disksOf(c)) mountSmallDisk(disk, 16)
  return c
}

const disksOf = (c: Case): string[] => ['disk-1', 'disk-2'].map((name) => join(c.root, name))

/** The operator's session, in which a disk is taken out when a folder is opened for the n-th time. */
function takingOut(c: Case, disk: string, o: { readonly folder: string; readonly time: number }): Session {
  const session = c.as('operator')
  let times = 0
  return {
    ...session,
    destinationOf: (place) => {
      if (place.url === `directory:${o.folder}` && ++times === o.time) spawnSync('umount', ['-l', disk])
      return session.destinationOf(place)
    },
  }
}

describe.runIf(canMount())('a disk that is taken out while packages are delivered', () => {
  let c: Case
  afterEach(async () => {
    for (const disk of disksOf(c)) spawnSync('umount', ['-l', disk])
    await c[Symbol.asyncDispose]()
  })

  const refusal = {
    code: 'destination-unreachable',
    message: expect.stringMatching(/disk-[12] the disk that was there/),
    hint: expect.stringMatching(/remove what was written/),
  }
  const delivered = async (): Promise<unknown[]> =>
    (await openDossier(c.dossier)).ledger.events().filter(({ type }) => type === 'delivered')

  it.each([
    ['before its turn', { out: 1, filled: 0 }],
    ['after its turn', { out: 0, filled: 1 }],
  ])('%s is not delivered, and nothing was written in its place', async (_, { out, filled }) => {
    c = await newCase()
    const disks = disksOf(c)
    const [disk = '', at = ''] = [disks[out], disks[filled]]
    // Once to plan, once to fill it.
    const session = takingOut(c, disk, { folder: join(at, 'R1-0001'), time: 2 })
    const media = disks.map((to, i) => ({ to, serial: `WX-${i + 1}` }))
    await expect(deliverMedia(session, { media, country: 'FR', dryRun: false })).rejects.toMatchObject(
      refusal,
    )
    expect(await readdir(disk)).toEqual([])
    expect(await delivered()).toEqual([])
  })

  it('between two packages leaves nothing that counts as delivered', async () => {
    c = await newCase()
    const [to = ''] = disksOf(c)
    const session = takingOut(c, to, { folder: join(to, 'R1-0002'), time: 1 })
    await expect(deliver(session, { to, country: 'FR' })).rejects.toMatchObject(refusal)
    expect(await delivered()).toEqual([])
  })
})
