import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type IndexEntry, type IndexItem, type IndexLine, sha256Hex } from '@restitute/manifest'
import { encryptBytes, type PrivateKey } from '@restitute/seal'
import { describe, expect, it } from 'vitest'
import { exitOf, type FindingCode } from '../src/index.ts'
import { file, type Mischief, makePackage, resign } from './support/package.ts'
import { codes, newWorld } from './support/world.ts'

const world = newWorld()
const volume = 'volumes/000001.tar.zst.pgp'
const isEntry = (line: IndexLine): line is IndexEntry => 'entry' in line
const changeEntry =
  (path: string, change: Partial<IndexEntry>) =>
  (lines: IndexLine[]): IndexLine[] =>
    lines.map((line) => (isEntry(line) && line.entry === path ? { ...line, ...change } : line))
const changeItem =
  (id: string, change: Partial<IndexItem>) =>
  (lines: IndexLine[]): IndexLine[] =>
    lines.map((line) => (!isEntry(line) && line.item === id ? { ...line, ...change } : line))
const zeros = '0'.repeat(64)
const idOf = (line: IndexLine): string => (isEntry(line) ? line.entry : line.item)
const only = (id: string) => (lines: IndexLine[]) => lines.filter((line) => idOf(line) === id)
/** Without an entry, or an item that has none. */
const without = (id: string) => (lines: IndexLine[]) => lines.filter((line) => idOf(line) !== id)
const extra = { entry: 'data/ghost', type: 'file', size: 1, sha256: zeros, volume } as const
const replaceBag =
  (path: string, text: string) =>
  (entries: Parameters<NonNullable<Mischief['bag']>>[0]): typeof entries =>
    entries.map((entry) => (entry.path === path ? file(path, text) : entry))

/** Its digest is that of the last of its entries, as if it were the only one. */
const unnumbered = (lines: IndexLine[]): IndexLine[] =>
  changeItem('big', { kind: 'object', digest: sha256Hex(Buffer.alloc(9000)) })(lines).map((line) => {
    if (!isEntry(line) || line.item !== 'big') return line
    const { part: _, ...whole } = line
    return whole
  })
const of = (kind: string, lines: (lines: IndexLine[]) => IndexLine[]): Mischief => ({
  lines,
  manifest: (m) => ({ ...m, sources: m.sources.map((one) => ({ ...one, kind })) }),
})

const naming = ({ fingerprint }: PrivateKey): Mischief => ({
  manifest: (m) => ({ ...m, recipients: [...m.recipients, fingerprint] }),
})

const infoOf = (name: string): string => `External-Identifier: ${name}/records\nPayload-Oxum: 18018.5\n`

/** An entry at the end of those of an item, or of those without. */
const moved = (lines: IndexLine[], path: string, item?: string): IndexLine[] => {
  const { item: _, ...entry } = lines.filter(isEntry).find((one) => one.entry === path)!
  const rest = without(path)(lines)
  return item === undefined
    ? [...rest, entry]
    : rest.flatMap((line) => (!isEntry(line) && line.item === item ? [line, { ...entry, item }] : [line]))
}
const inside: IndexEntry = {
  ...{ entry: 'data/a.txt/inside', type: 'file', size: 1, sha256: sha256Hex('x') },
  volume: 'volumes/000003.tar.zst.pgp',
}

/** Wrong although signed by the right person: only decryption can show it. */
const wrong: [string, FindingCode, Mischief][] = [
  [
    'an entry of the index that no volume holds',
    'entry-missing',
    { lines: (lines) => [...lines, { ...extra, entry: 'ghost.jsonl' }] },
  ],
  [
    'an entry listed for another volume',
    'entry-differs',
    { lines: changeEntry('tree-000001.jsonl', { volume: 'volumes/000002.tar.zst.pgp' }) },
  ],
  [
    'a directory listed as file',
    'entry-differs',
    { lines: changeEntry('data', { type: 'file', sha256: zeros }) },
  ],
  [
    'a link listed for another file',
    'entry-differs',
    { lines: changeEntry('data/also-a.txt', { link: 'tree-000001.jsonl' }) },
  ],
  [
    'a link listed with another digest',
    'entry-differs',
    { lines: changeEntry('data/also-a.txt', { sha256: zeros }) },
  ],
  [
    'a hole listed with another digest',
    'entry-differs',
    { lines: changeEntry('data/big/part-000003', { sha256: zeros }) },
  ],
  [
    'a hole listed with another size',
    'entry-differs',
    { lines: changeEntry('data/big/part-000003', { size: 8999 }) },
  ],
  [
    'items out of order',
    'index-differs',
    { lines: ([a, b, ...rest]) => [...rest.slice(0, 3), a!, b!, ...rest.slice(3)] },
  ],
  [
    'an item before one that it follows',
    'index-differs',
    { lines: (lines) => [...only('link')(lines), ...without('link')(lines)] },
  ],
  [
    'an item behind the entries without one',
    'index-differs',
    { lines: (lines) => [...without('torn')(lines), ...only('torn')(lines)] },
  ],
  ['an entry listed twice', 'index-differs', { lines: (lines) => [...lines, lines.at(-1)!] }],
  ['an item without its digest', 'item-differs', { lines: changeItem('a.txt', { digest: zeros }) }],
  ['a cut item with another digest', 'item-differs', { lines: changeItem('big', { digest: zeros }) }],
  ['an item of another size than its entry', 'item-differs', { lines: changeItem('a.txt', { bytes: 1 }) }],
  [
    'parts with a gap in their numbers',
    'item-differs',
    { lines: changeEntry('data/big/part-000003', { part: 4 }) },
  ],
  ['a content in several entries that are no parts', 'item-differs', of('s3', unnumbered)],
  ['a content without an entry', 'item-differs', of('s3', changeItem('link', { kind: 'object' }))],
  [
    'a content of another digest',
    'item-differs',
    of('disk', changeItem('a.txt', { kind: 'disk', digest: zeros })),
  ],
  ['a payload file of no item', 'index-differs', { lines: (lines) => moved(lines, 'data/also-a.txt') }],
  [
    'a file of an item beside the payload',
    'index-differs',
    of('oci', (lines) => moved(lines, 'tree-000001.jsonl', 'link')),
  ],
  [
    'a file that is a folder, too',
    'hostile-content',
    {
      ...of('oci', (lines) => moved([...lines, inside], inside.entry, 'link')),
      bag: (entries) => [...entries, file(inside.entry, 'x', { item: 'link' })],
    },
  ],
  ['a table without an entry', 'item-differs', of('sqlite', changeItem('link', { kind: 'table' }))],
  [
    'a table of which a part is missing',
    'item-differs',
    of('mysql', (lines) =>
      changeItem('big', { kind: 'table' })(changeEntry('data/big/part-000003', { part: 4 })(lines)),
    ),
  ],
  ['a lost item called excluded', 'totals-differ', { lines: changeItem('torn', { state: 'excluded' }) }],
  ['a loss with another reason', 'totals-differ', { lines: changeItem('torn', { reason: 'no idea' }) }],
  [
    'a bag without its manifest',
    'bag-invalid',
    {
      bag: (entries) => entries.filter(({ path }) => path !== 'tagmanifest-sha256.txt'),
      lines: without('tagmanifest-sha256.txt'),
    },
  ],
  ['another bagit.txt', 'bag-invalid', { bag: replaceBag('bagit.txt', 'BagIt-Version: 0.97\n') }],
  ['a bag manifest that is no list', 'bag-invalid', { bag: replaceBag('manifest-sha256.txt', 'hello\n') }],
  [
    'a bag manifest of one endless line',
    'bag-invalid',
    { bag: replaceBag('manifest-sha256.txt', 'x'.repeat(1e6)) },
  ],
]

describe('the full check of a package that its signer made wrong', () => {
  it.each(wrong)('finds %s: %s', async (_what, code, mischief) => {
    const folder = world.fresh()
    await makePackage(folder, world.host, world.client, mischief)
    const report = await world.full(folder)
    expect(codes(report)).toContain(code)
    expect(exitOf(report)).toBe(3)
    expect((await world.outer(folder)).verdict).toBe('valid')
  })

  it.each([
    ['what a program of the host calls a file', of('program', changeItem('a.txt', { digest: zeros }))],
    ['a cut blob by the digest of the whole', of('oci', changeItem('big', { kind: 'blob', digest: zeros }))],
  ])('takes on trust %s', async (_what, mischief) => {
    const folder = world.fresh()
    await makePackage(folder, world.host, world.client, mischief)
    expect(codes(await world.full(folder))).toEqual([])
  })

  it.each([
    ['of another package', infoOf('R1-0002'), /bag-info.txt is of R1-0002/],
    ['of no package', infoOf('R1-0001').replace('External', 'Internal'), /bag-info.txt is of nothing/],
    ['of several payloads', `Payload-Oxum: 1.1\n${infoOf('R1-0001')}`, /what bag-info.txt says/],
    ['of another payload', infoOf('R1-0001').replace('.5', '.6'), /what bag-info.txt says/],
  ])('finds a bag-info.txt %s', async (_what, text, message) => {
    const said = async (info: string): Promise<string> => {
      const folder = world.fresh()
      await makePackage(folder, world.host, world.client, { bag: replaceBag('bag-info.txt', info) })
      return (await world.full(folder)).findings.map((found) => found.message).join('\n')
    }
    expect(await said(text)).toMatch(message)
    expect(await said(infoOf('R1-0001'))).not.toMatch(message)
  })

  it('finds an entry that is not in the index', async () => {
    const folder = world.fresh()
    await makePackage(folder, world.host, world.client, { lines: without('tree-000001.jsonl') })
    const report = await world.full(folder)
    expect(report.findings).toContainEqual(
      expect.objectContaining({ code: 'entry-unlisted', subject: 'records/tree-000001.jsonl' }),
    )
  })

  it('finds content that differs from the index, expected against got', async () => {
    const folder = world.fresh()
    await makePackage(folder, world.host, world.client, {
      lines: changeEntry('tree-000001.jsonl', { sha256: zeros }),
    })
    const [found] = (await world.full(folder)).findings.filter(({ code }) => code === 'entry-differs')
    expect(found).toMatchObject({ expected: zeros, got: expect.stringMatching(/^[0-9a-f]{64}$/) })
  })

  it('finds a volume that was encrypted to someone else', async () => {
    const folder = await world.copy()
    const other = world.fresh()
    const { manifest } = await makePackage(other, world.host, world.stranger)
    await cp(join(other, volume), join(folder, volume))
    const [first] = manifest.volumes
    await resign(folder, world.host, (m) => ({ ...m, volumes: [first!, ...m.volumes.slice(1)] }))
    await cp(join(other, 'SHA256SUMS'), join(folder, 'SHA256SUMS'))
    expect(codes(await world.full(folder))).toContain('volume-undecryptable')
  })

  it.each([
    ['fewer keys than', () => naming(world.stranger)],
    ['more keys than', (): Mischief => ({ further: [world.stranger.publicKey] })],
  ])('finds indexes and volumes that are encrypted to %s the manifest names', async (_what, mischief) => {
    const folder = world.fresh()
    await makePackage(folder, world.host, world.client, mischief())
    const report = await world.full(folder)
    expect(codes(report)).toEqual(['index-undecryptable', 'volume-undecryptable'])
    expect(report.findings.filter(({ code }) => code === 'volume-undecryptable')).toHaveLength(3)
  })

  it('finds a volume that is no volume', async () => {
    const folder = await world.copy()
    const bytes = Buffer.from(await encryptBytes(Buffer.from('no tar'), [world.client.publicKey]))
    await writeFile(join(folder, volume), bytes)
    await resign(folder, world.host, (m) => ({
      ...m,
      volumes: m.volumes.map((v) =>
        v.name === volume ? { ...v, bytes: bytes.length, sha256: sha256Hex(bytes) } : v,
      ),
    }))
    const report = await world.full(folder)
    expect(report.findings).toContainEqual(expect.objectContaining({ subject: volume, severity: 'error' }))
    expect(report.notChecked.join()).toContain('cannot be read whole')
  })

  it.each([
    ['the salt', 'salt-differs', { saltSha256: zeros }],
    ['the plaintext digest', 'index-differs', { plaintextSha256: zeros }],
    ['the number of lines', 'index-differs', { lines: 3 }],
  ] as const)('finds another value for %s of an index: %s', async (_what, code, change) => {
    const folder = await world.copy()
    await resign(folder, world.host, (m) => ({
      ...m,
      indexes: m.indexes.map((index) => ({ ...index, ...change })),
    }))
    expect(codes(await world.full(folder))).toEqual([code])
  })
})
