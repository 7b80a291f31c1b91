import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directoryDestination } from '@restitute/archive'
import { sha256Hex } from '@restitute/manifest'
import { signDetached } from '@restitute/seal'
import { describe, expect, it } from 'vitest'
import { exitOf, type FindingCode, type Report, verifyPackage } from '../src/index.ts'
import { newPerson, signTooLate } from './support/keys.ts'
import { type Mischief, makePackage, resign } from './support/package.ts'
import { codes, expectFound, newWorld } from './support/world.ts'

const world = newWorld()

describe('an intact package', () => {
  it('is valid outside, and says what was not checked', async () => {
    const report = await world.outer(world.sound)
    expect(report).toMatchObject({
      kind: 'package',
      verdict: 'valid',
      signers: [{ fingerprint: world.host.fingerprint }],
    })
    expect(exitOf(report)).toBe(0)
    expect(codes(report)).toEqual([])
    expect(report.notChecked.join()).toContain('no private key')
  })

  it('is valid inside, and names what is stated as lost', async () => {
    const report = await world.full(world.sound)
    expect(codes(report)).toEqual([])
    expect(report.verdict).toBe('valid')
    expect(report.findings).toMatchObject([{ code: 'items-lost', severity: 'warning', subject: 'records' }])
  })

  it('reports progress up to all bytes', async () => {
    for (const opener of [{}, { opener: { privateKeys: [world.client] } }]) {
      const seen: number[] = []
      const progress = (p: { doneBytes: number; totalBytes?: number }): void =>
        void seen.push(p.doneBytes / (p.totalBytes ?? 1))
      await verifyPackage({
        destination: directoryDestination(world.sound),
        trust: world.trust,
        progress,
        ...opener,
      })
      expect(seen.at(-1)).toBe(1)
    }
  })

  it('has an unknown origin when nobody is named who may sign', async () => {
    const report = await verifyPackage({
      destination: directoryDestination(world.sound),
      trust: { signers: [] },
    })
    expect(report.verdict).toBe('origin-unknown')
    expect(exitOf(report)).toBe(4)
    expect(report.signers).toEqual([])
    expect(report.findings).toContainEqual(
      expect.objectContaining({ code: 'origin-unknown', got: world.host.fingerprint }),
    )
  })
})

describe('what could not be checked is an error, not a verdict', () => {
  it('says not-found for a folder without package', async () => {
    await expect(world.outer(world.fresh())).rejects.toMatchObject({ code: 'not-found' })
  })

  it('says key-wrong for a key that opens nothing', async () => {
    const o = {
      destination: directoryDestination(world.sound),
      trust: world.trust,
      opener: { privateKeys: [world.stranger] },
    }
    await expect(verifyPackage(o)).rejects.toMatchObject({ code: 'key-wrong' })
  })

  it('says interrupted', async () => {
    const o = {
      destination: directoryDestination(world.sound),
      trust: world.trust,
      opener: { privateKeys: [world.client] },
    }
    await expect(verifyPackage({ ...o, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    })
  })
})

const volume = 'volumes/000001.tar.zst.pgp'
const flip = async (path: string): Promise<void> => {
  const bytes = await readFile(path)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  await writeFile(path, bytes)
}

/** Damage without the host's key: found outside and inside alike. */
const outside: [string, FindingCode, (folder: string) => Promise<void>][] = [
  ['a bit of a volume flipped', 'file-digest-differs', (f) => flip(join(f, volume))],
  [
    'a bit of an index flipped',
    'file-digest-differs',
    (f) => flip(join(f, 'index/records-01.jsonl.zst.pgp')),
  ],
  ['the README edited', 'file-digest-differs', (f) => flip(join(f, 'README.md'))],
  [
    'a volume cut',
    'file-size-differs',
    async (f) => writeFile(join(f, volume), (await readFile(join(f, volume))).subarray(9)),
  ],
  ['a volume grown', 'file-size-differs', (f) => writeFile(join(f, volume), 'x', { flag: 'a' })],
  ['a volume removed', 'file-missing', (f) => rm(join(f, volume))],
  ['SHA256SUMS removed', 'file-missing', (f) => rm(join(f, 'SHA256SUMS'))],
  ['a file added', 'file-unlisted', (f) => writeFile(join(f, 'volumes/000009.tar.zst.pgp'), 'x')],
  ['an unfinished file added', 'file-unlisted', (f) => writeFile(join(f, 'volumes/.tmp-1'), 'x')],
  ['SHA256SUMS altered', 'sums-differ', (f) => flip(join(f, 'SHA256SUMS'))],
  ['SHA256SUMS emptied', 'sums-differ', (f) => writeFile(join(f, 'SHA256SUMS'), '')],
  ['SHA256SUMS without end', 'sums-differ', (f) => writeFile(join(f, 'SHA256SUMS'), 'x'.repeat(1e6))],
  ['the signature removed', 'signature-missing', (f) => rm(world.signatureIn(f))],
  ['an empty signature', 'signature-bad', (f) => writeFile(world.signatureIn(f), '')],
  [
    'the manifest altered',
    'signature-bad',
    async (f) => {
      const path = join(f, 'manifest.json')
      await writeFile(path, (await readFile(path, 'utf8')).replace('"TEST-1"', '"TEST-2"'))
    },
  ],
  [
    'the manifest pretty-printed',
    'not-canonical',
    async (f) => {
      const path = join(f, 'manifest.json')
      await writeFile(path, `${await readFile(path, 'utf8')}\n`)
    },
  ],
  [
    'the number of the form altered',
    'signature-bad',
    async (f) => {
      const path = join(f, 'manifest.json')
      await writeFile(path, (await readFile(path, 'utf8')).replace('/manifest/v1', '/manifest/v2'))
    },
  ],
  ['the manifest no JSON', 'document-invalid', (f) => writeFile(join(f, 'manifest.json'), '{"schema":')],
  [
    'the manifest nested without end',
    'hostile-content',
    (f) => writeFile(join(f, 'manifest.json'), '['.repeat(1e6)),
  ],
  ['the manifest removed', 'manifest-missing', (f) => rm(join(f, 'manifest.json'))],
  [
    'signed by a world.stranger instead',
    'signer-unknown',
    async (f) => {
      await rm(world.signatureIn(f))
      await resign(f, world.stranger, (m) => m)
    },
  ],
]

describe.each(['outer', 'full'] as const)('the %s check', (kind) => {
  const check = (folder: string): Promise<Report> => world[kind](folder)

  it.each(outside)('finds %s: %s', async (_damage, code, damage) => {
    const folder = await world.copy()
    await damage(folder)
    expectFound(await check(folder), code)
  })

  it('finds two volumes swapped and a file renamed', async () => {
    const folder = await world.copy()
    const other = join(folder, 'volumes/000002.tar.zst.pgp')
    await rename(other, join(folder, 'x'))
    await rename(join(folder, volume), other)
    await rename(join(folder, 'x'), join(folder, volume))
    await rename(join(folder, 'open.sh'), join(folder, 'open.bash'))
    const found = codes(await check(folder)).sort()
    expect(found).toEqual(expect.arrayContaining(['file-missing', 'file-unlisted']))
    expect(found.some((code) => code === 'file-size-differs' || code === 'file-digest-differs')).toBe(true)
  })

  it('says of volumes that may lie on another medium, and of nothing else, where to look for them', async () => {
    const folder = await world.copy()
    await rm(join(folder, volume))
    await rm(join(folder, 'README.md'))
    const { findings } = await check(folder)
    const told = findings.filter(({ message }) => message.includes('several media'))
    expect(told.map(({ subject }) => subject)).toEqual([volume])
  })

  it('finds a volume of an older package played back', async () => {
    const older = world.fresh()
    await makePackage(older, world.host, world.client)
    const folder = await world.copy()
    await cp(join(older, volume), join(folder, volume))
    const [code] = codes(await check(folder))
    expect(['file-size-differs', 'file-digest-differs']).toContain(code)
  })
})

describe('any single bit, anywhere', () => {
  it('is never passed over', async () => {
    const folder = await world.copy()
    const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.asc'))
      .map((entry) => join(entry.parentPath, entry.name))
    for (let i = 0; i < 60; i++) {
      const path = names[i % names.length] ?? ''
      const before = await readFile(path)
      const after = Buffer.from(before)
      const at = (i * 7919) % after.length
      after[at]! ^= 1 << (i % 8)
      await writeFile(path, after)
      expect((await world.outer(folder)).verdict, `bit ${i % 8} of byte ${at} of ${path}`).toBe('invalid')
      await writeFile(path, before)
    }
    expect((await world.outer(folder)).verdict).toBe('valid')
  })
})

describe('a package of a form that is still to come', () => {
  it('is neither valid nor invalid where its maker signed it', async () => {
    const folder = await world.copy()
    const path = join(folder, 'manifest.json')
    const bytes = Buffer.from((await readFile(path, 'utf8')).replace('/manifest/v1', '/manifest/v2'))
    await writeFile(path, bytes)
    await writeFile(world.signatureIn(folder), (await signDetached(bytes, world.host, new Date())).armored)
    const report = await world.outer(folder)
    expect([report.verdict, codes(report)]).toEqual(['could-not-check', ['newer-version']])
  })
})

describe('signatures', () => {
  it('a second one by a world.stranger counts for nothing and does no harm', async () => {
    const folder = await world.copy()
    await resign(folder, world.stranger, (m) => m)
    const report = await world.outer(folder)
    expect(report.verdict).toBe('valid')
    expect(codes(report)).toEqual(['signature-extra'])
  })

  it('one made after the end of the key is worth nothing', async () => {
    const folder = await world.copy()
    await rm(world.signatureIn(folder))
    const brief = await signTooLate(join(folder, 'manifest.json'))
    const report = await verifyPackage({
      destination: directoryDestination(folder),
      trust: { signers: [brief] },
    })
    expectFound(report, 'signer-outside-life')
  })

  it('one under the name of another key is told apart', async () => {
    const folder = await world.copy()
    await rename(world.signatureIn(folder), join(folder, `manifest.json.${world.stranger.fingerprint}.asc`))
    const report = await world.outer(folder)
    expect(report.verdict).toBe('valid')
    expect(codes(report)).toEqual(['signature-misnamed'])
  })

  it('one by a key that has expired since is valid, and says so', async () => {
    const brief = await newPerson('brief', 30 * 86_400)
    const folder = world.fresh()
    await makePackage(folder, brief, world.client, { at: new Date('2024-01-02T00:00:00Z') })
    const destination = directoryDestination(folder)
    const report = await verifyPackage({ destination, trust: { signers: [brief.publicKey] } })
    expect(report.verdict).toBe('valid')
    expect(codes(report)).toEqual(['key-expired-since'])
  })
})

describe('a manifest that contradicts itself', () => {
  const totals = (change: object): Mischief => ({
    manifest: (m) => ({ ...m, sources: m.sources.map((s) => ({ ...s, ...change })) }),
  })
  const zero = { items: 0, bytes: 0 }
  it.each<[string, FindingCode, Mischief]>([
    [
      'items that do not add up',
      'totals-differ',
      {
        manifest: (m) => ({
          ...m,
          sources: m.sources.map((s) => ({
            ...s,
            totals: { ...s.totals, inventoried: { items: 6, bytes: 18_030 } },
          })),
        }),
      },
    ],
    ['losses without reason', 'totals-differ', totals({ reasons: {} })],
    [
      'a source without index',
      'manifest-inconsistent',
      { manifest: (m) => ({ ...m, sources: [...m.sources, { ...m.sources[0]!, name: 'other' }] }) },
    ],
    ...(['unchanged', 'removed'] as const).map((state): [string, FindingCode, Mischief] => [
      `items ${state} since a base that there is not`,
      'manifest-inconsistent',
      {
        manifest: (m) => ({
          ...m,
          sources: m.sources.map((s) => {
            const { inventoried: all } = s.totals
            const inventoried = state === 'removed' ? all : { ...all, items: all.items + 1 }
            return { ...s, totals: { ...s.totals, inventoried, [state]: { items: 1, bytes: 0 } } }
          }),
        }),
      },
    ]),
    [
      'a volume of no source',
      'manifest-inconsistent',
      { manifest: (m) => ({ ...m, volumes: m.volumes.map((v) => ({ ...v, source: 'other' })) }) },
    ],
    [
      'a file named twice',
      'manifest-inconsistent',
      { manifest: (m) => ({ ...m, volumes: [...m.volumes, m.volumes[0]!] }) },
    ],
    [
      'a name of another operation',
      'manifest-inconsistent',
      { manifest: (m) => ({ ...m, operation: 'R2' }) },
    ],
    ['a name of another place', 'manifest-inconsistent', { manifest: (m) => ({ ...m, sequence: 2 }) }],
    [
      'a package that continues itself',
      'manifest-inconsistent',
      { manifest: (m) => ({ ...m, base: { package: 'R1-0001', manifestSha256: '0'.repeat(64) } }) },
    ],
    [
      'a source that is empty',
      'source-empty',
      totals({
        reasons: {},
        totals: {
          inventoried: zero,
          exported: zero,
          unchanged: zero,
          removed: zero,
          excluded: zero,
          lost: zero,
        },
      }),
    ],
  ])('is found: %s: %s', async (_what, code, mischief) => {
    const folder = world.fresh()
    await makePackage(folder, world.host, world.client, mischief)
    expectFound(await world.outer(folder), code)
  })
})

it('a manifest that names what is made after it is found', async () => {
  const folder = await world.copy()
  const bytes = await readFile(join(folder, 'SHA256SUMS'))
  const sums = { name: 'SHA256SUMS', bytes: bytes.length, sha256: sha256Hex(bytes) }
  await resign(folder, world.host, (m) => ({ ...m, files: [...m.files, sums] }))
  expectFound(await world.outer(folder), 'manifest-inconsistent')
})

describe('a package that continues another', () => {
  const base = { package: 'R1-0001', manifestSha256: '0'.repeat(64) }

  it('needs its base among the packages given, and says so when none are given', async () => {
    const folder = world.fresh()
    const { destination } = await makePackage(folder, world.host, world.client, {
      manifest: (m) => ({ ...m, package: 'R1-0002', sequence: 2, base }),
    })
    const o = { destination, trust: world.trust }
    expect((await verifyPackage(o)).notChecked.join()).toContain('R1-0001')
    expect((await verifyPackage({ ...o, known: [base] })).verdict).toBe('valid')
    expectFound(await verifyPackage({ ...o, known: [] }), 'base-missing')
    expectFound(
      await verifyPackage({ ...o, known: [{ ...base, manifestSha256: '1'.repeat(64) }] }),
      'base-missing',
    )
  })
})

describe('reports', () => {
  it('never grow with the damage', async () => {
    const folder = await world.copy()
    await Promise.all(Array.from({ length: 200 }, (_, i) => writeFile(join(folder, `stray-${i}`), '')))
    const { findings } = await world.outer(folder)
    expect(findings.filter(({ code }) => code === 'file-unlisted').length).toBe(51)
    expect(findings.at(-1)?.message).toContain('150 more')
    expect((await readdir(folder)).length).toBeGreaterThan(200)
  })
})
