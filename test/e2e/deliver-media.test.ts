import { spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { deliverMedia } from '../../cli/src/commands/deliver-media.ts'
import { mediaOf, openDossier } from '../../packages/dossier/src/index.ts'
import { sha256Hex } from '../../packages/manifest/src/index.ts'
import { type Case, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'
import { type CliRun, restitute } from '../support/cli.ts'
import { canMount } from '../support/loop-disk.ts'
import { expectFailure } from '../support/refusal.ts'
import { mountSmallDisk } from '../support/small-disk.ts'
import { treeDigest } from '../support/tree-digest.ts'

vi.setConfig({ testTimeout: 300_000 })

const mebibyte = 1024 * 1024

/** A package with four volumes of 5 MiB that do not compress, beside small ones. */
async function newCase(): Promise<Case> {
  const c = await openCase({
    sources: async (root) => {
      const names = ['a', 'b', 'c', 'd'].map((letter) => `series-${letter}`)
      for (const name of names) {
        await mkdir(join(root, name))
        await writeFile(join(root, name, 'scan.dcm'), randomFillSync(Buffer.alloc(5 * mebibyte)))
      }
      return names.map((name) => ({ name, url: `files:${join(root, name)}` }))
    },
  })
  await pin(c)
  await exportPackage(c)
  return c
}

describe.runIf(canMount('sha256sum'))('a delivery on three disks of which none is large enough', () => {
  const sizes = [7, 8, 13]
  let c: Case
  let disks: (Disposable | undefined)[] = []
  const folder = (n: number): string => join(c.root, `disk-${n}`)
  beforeAll(async () => {
    c = await newCase()
    disks = sizes.map((size, i) => mountSmallDisk(folder(i + 1), size))
  })
  afterAll(async () => {
    for (const disk of disks) disk?.[Symbol.dispose]()
    await c?.[Symbol.asyncDispose]()
  })

  function deliver(
    numbers: readonly number[],
    more: readonly string[] = [],
    serials = numbers,
  ): Promise<CliRun> {
    const to = numbers.flatMap((n, i) => [
      '--to',
      folder(n),
      '--medium',
      `WX-${serials[i]}`,
      '--seal',
      `00${n}`,
    ])
    const who = [
      '--dossier',
      c.dossier,
      '--as',
      c.keyFile('operator'),
      '--country',
      'FR',
      '--carrier',
      'Courier',
    ]
    return restitute(['deliver', ...who, ...to, ...more, '--json'])
  }

  const filesOn = async (n: number): Promise<string[]> =>
    (await readdir(folder(n), { recursive: true, withFileTypes: true }))
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(folder(n).length + 1))
      .toSorted()

  it('is refused as a whole when two of them are too small, and a dry run writes nothing', async () => {
    expectFailure(await deliver([1, 2]), {
      ...{ code: 'destination-full', exit: 1, hint: /no volume is split/ },
      message: /no room for 2 of .*10\.5 MB; .*WX-1 \d.*MB, WX-2 \d.*MB/,
    })
    const plan = await deliver([1, 2, 3], ['--dry-run'])
    expect(plan.json(), plan.stderr).toMatchObject({ exit: 0, dryRun: true })
    expect((plan.json()['media'] as unknown[]).length).toBe(3)
    expectFailure(await deliver([3]), { code: 'destination-full', exit: 1, message: /WX-3/ })
    for (const n of [1, 2, 3]) expect(await filesOn(n)).toEqual([])
  })

  it('is refused where a serial number or a seal belongs to no disk', async () => {
    for (const more of [
      ['--medium', 'WX-9'],
      ['--seal', '009'],
    ]) {
      const refusal = {
        code: 'usage',
        exit: 2,
        message: /a --to for each --(medium|seal), got 1 for 2/,
      } as const
      expectFailure(await deliver([3], more), refusal)
    }
    expect(await filesOn(3)).toEqual([])
  })

  it('is refused where one of them is not mounted, or is another: nothing of it stays on the disk of the host', async () => {
    const refusal = { code: 'destination-unreachable', exit: 4, hint: /mount/ } as const
    expectFailure(await deliver([1, 4]), { ...refusal, message: /WX-4.*disk-4/ })
    expectFailure(await deliver([3, 1], ['--to', join(folder(3), 'too'), '--medium', 'WX-5']), {
      ...refusal,
      message: /WX-5/,
    })
    for (const n of [1, 3]) expect(await filesOn(n)).toEqual([])
    await expect(readdir(folder(4))).rejects.toThrow('ENOENT')
  })

  it('fills them, each with its own list; gathered, they are the package', async () => {
    const run = await deliver([1, 2, 3], ['--recipient', 'C. Client'])
    expect(run.json(), run.stderr).toMatchObject({ exit: 0 })
    const everywhere = (await Promise.all([1, 2, 3].map(filesOn))).map((names) =>
      names.filter((name) => /volumes|index/.test(name)),
    )
    expect(everywhere.every((names) => names.length > 0)).toBe(true)
    expect(new Set(everywhere.flat()).size).toBe(everywhere.flat().length)
    for (const n of [1, 2, 3]) {
      expect(await filesOn(n)).toContain('R1-0001/manifest.json')
      expect(sums(folder(n), `WX-${n}.sha256`)).toBe(0)
      await cp(join(folder(n), 'R1-0001'), join(c.root, 'gathered'), { recursive: true })
    }
    expect(sums(join(c.root, 'gathered'), 'SHA256SUMS')).toBe(0)
    const key = ['--key', c.keyFile('client-1'), '--dossier', c.dossier]
    const verified = await restitute(['verify', join(c.root, 'gathered'), ...key, '--json'])
    expect(verified.json(), verified.stderr).toMatchObject({ verdict: 'valid' })
  })

  it('makes each of them a copy in the register, with seal, carrier and recipient', async () => {
    const { ledger } = await openDossier(c.dossier)
    expect(mediaOf(ledger.events(), 'R1')).toEqual(
      [1, 2, 3].map((n) => ({
        ...{ name: `medium/WX-${n}`, serial: `WX-${n}`, seal: `00${n}` },
        ...{ carrier: 'Courier', recipient: 'C. Client' },
      })),
    )
    const file = join(c.root, 'slip.html')
    await restitute(['document', 'slip', '--dossier', c.dossier, '--out', file, '--lang', 'en'])
    const slip = await readFile(file, 'utf8')
    for (const said of ['WX-1', 'WX-3', '002', 'Courier', 'C. Client', 'France (FR)', 'SHA-256 of its list'])
      expect(slip).toContain(said.replace('002', '002'))
  })

  it('goes on where it was cut, and refuses a disk in the place of another', async () => {
    const before = await filesOn(2)
    const volume = before.find((name) => name.includes('volumes/')) ?? ''
    await rm(join(folder(2), volume))
    const run = await deliver([1, 2, 3])
    const media = run.json()['media'] as { files: number; skipped: number }[]
    expect(media.reduce((sum, { files, skipped }) => sum + files - skipped, 0)).toBe(1)
    expect(await filesOn(2)).toEqual(before)
    const swapped = {
      code: 'target-not-empty',
      exit: 2,
      message: /expected WX-1, got .*WX-2/,
      hint: /order/,
    } as const
    expectFailure(await deliver([2, 1, 3], [], [1, 2, 3]), swapped)
    expectFailure(await deliver([2], [], [1]), swapped)
    expect(await filesOn(2)).toEqual(before)
  })
})

describe.runIf(canMount('sha256sum'))('a delivery on disks that hold the package of another contract', () => {
  it('is refused, and leaves the lists by which that one is checked', async () => {
    await using first = await newCase()
    await using second = await newCase()
    const places = ['disk-1', 'disk-2'].map((name) => join(first.root, name))
    using _one = mountSmallDisk(places[0] ?? '', 24)
    using _other = mountSmallDisk(places[1] ?? '', 24)
    const media = places.map((to, i) => ({ to, serial: `WX-${i + 1}` }))
    const deliverTo = (c: Case) => deliverMedia(c.as('operator'), { media, country: 'FR', dryRun: false })
    const seen = () => Promise.all(places.map((place) => treeDigest(place)))
    await deliverTo(first)
    const before = await seen()
    await expect(deliverTo(second)).rejects.toMatchObject({ code: 'target-not-empty' })
    expect(await seen()).toEqual(before)
  })
})

describe.runIf(canMount('sha256sum'))('a delivery on one disk', () => {
  it('gives it its list, too, and no other serial number while that disk is in place', async () => {
    await using c = await newCase()
    const disk = join(c.root, 'disk')
    using _disk = mountSmallDisk(disk, 48)
    const deliverAs = (medium: string) => deliverAll(c, { to: `directory:${disk}`, medium })
    await deliverAs('WX-1')
    await deliverAs('WX-1')
    expect(sums(disk, 'WX-1.sha256')).toBe(0)
    await expect(deliverAs('WX-2')).rejects.toMatchObject({
      code: 'target-not-empty',
      message: /expected WX-2, got .*WX-1/,
    })
    const { ledger } = await openDossier(c.dossier)
    expect(mediaOf(ledger.events(), 'R1')).toEqual([{ name: 'medium/WX-1', serial: 'WX-1' }])
    const list = await readFile(join(disk, 'WX-1.sha256'))
    expect(ledger.events().at(-1)?.body['listSha256']).toBe(sha256Hex(list))
  })

  it('marks no folder of this machine, from which several may be written', async () => {
    await using c = await newCase()
    for (const medium of ['WX-1', 'WX-2']) await deliverAll(c, { medium })
    expect(await readdir(c.client)).toEqual(['R1-0001'])
  })
})

function sums(folder: string, list: string): number | null {
  return spawnSync('sha256sum', ['--check', '--strict', '--quiet', list], { cwd: folder }).status
}
