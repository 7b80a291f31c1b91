import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { constants, createZstdCompress } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tarWith, zstd } from '../../packages/archive/test/hostile.ts'
import { canonicalJson, type IndexItem, type Manifest, sha256Hex } from '../../packages/manifest/src/index.ts'
import { encryptStream, newSessionKey } from '../../packages/seal/src/index.ts'
import { resign } from '../../packages/verify/test/support/package.ts'
import { type Case, openCase } from '../support/case.ts'
import { measuredRestitute } from '../support/cli.ts'
import { type Forgery, forge } from '../support/forgery.ts'

const MiB = 2 ** 20
/** R61 for one worker: 150 MB, and 300 MB for it. */
const most = 450 * MiB

let c: Case
let made = 0
beforeAll(async () => {
  c = await openCase({ sources: async () => [] })
})
afterAll(() => c[Symbol.asyncDispose]())

async function forged(forgery: Forgery): Promise<{ folder: string; args: string[] }> {
  const folder = join(c.root, 'forged', String(++made))
  await forge(c, folder, forgery)
  const signer = c.keyFile('operator').replace(/key$/, 'asc')
  return { folder, args: ['--key', c.keyFile('client-1'), '--signer', signer, '--json'] }
}

async function encrypted(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const stream = encryptStream(content, [c.cast.key('client-1').publicKey], newSessionKey())
  return Buffer.concat(await Array.fromAsync(stream, (chunk) => Buffer.from(chunk)))
}

/** Writes the only index of a package anew, with this text after its header, and signs the manifest again. */
async function replaceIndex(folder: string, text: string): Promise<void> {
  const header = canonicalJson({ schema: 'restitute/index/v1', source: 's', salt: '07'.repeat(32) })
  const plaintext = Buffer.from(`${header}\n${text}`)
  const bytes = await encrypted(once(zstd(plaintext)))
  const made = {
    bytes: bytes.length,
    sha256: sha256Hex(bytes),
    plaintextSha256: sha256Hex(plaintext),
    lines: 1,
  }
  const change = (manifest: Manifest): Manifest => ({
    ...manifest,
    indexes: manifest.indexes.map((index) => ({ ...index, ...made })),
  })
  await writeFile(join(folder, 'index/s-01.jsonl.zst.pgp'), bytes)
  await resign(folder, c.cast.key('operator'), change, new Date())
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

const found = (json: Record<string, unknown>): string[] =>
  (json['findings'] as { code: string; severity: string }[])
    .filter(({ severity }) => severity === 'error')
    .map(({ code }) => code)

describe('what is made to fill the memory of its reader, under a trusted signature', () => {
  it('a volume that expands a thousandfold beyond its record', async () => {
    const recorded = MiB
    const tar = await tarWith({ name: 's/data/moo', body: '' })
    const header = Buffer.from(tar.subarray(0, 512))
    async function* bomb(): AsyncIterable<Uint8Array> {
      yield header
      for (let n = 0; n < 1000; n++) yield Buffer.alloc(recorded)
    }
    const params = { [constants.ZSTD_c_checksumFlag]: 1 }
    const compressed = Readable.from(bomb()).pipe(createZstdCompress({ params }))
    const volume = await encrypted(compressed as AsyncIterable<Uint8Array>)
    expect(volume.length).toBeLessThan(recorded)
    const { folder, args } = await forged({ volume, record: { plaintextBytes: recorded } })
    const verified = await measuredRestitute(['verify', folder, ...args])
    expect(verified.exit).toBe(3)
    expect(found(verified.json())).toContain('hostile-content')
    expect(verified.peakBytes).toBeLessThan(most)
    const extracted = await measuredRestitute(['extract', folder, ...args, '--to', join(folder, '..', 'out')])
    expect(extracted.exit).toBe(3)
    expect(extracted.json()).toMatchObject({ error: { code: 'hostile-input' } })
    expect(extracted.peakBytes).toBeLessThan(most)
  })

  it('an index of 200 000 lines: verified and listed', async () => {
    const volume = await encrypted(once(zstd(await tarWith({ name: 's/data/moo', body: 'moo\n' }))))
    const lines = Array.from({ length: 200_000 }, (_, n): IndexItem => {
      const item = `folder/${String(n).padStart(6, '0')}-${'x'.repeat(40)}`
      return { item, kind: 'file', state: 'lost', bytes: 1, mark: '1', reason: 'read error' }
    })
    const { folder, args } = await forged({ volume, lines })
    const verified = await measuredRestitute(['verify', folder, ...args])
    expect(verified.exit).toBe(3)
    expect(found(verified.json())).toContain('totals-differ')
    expect(verified.peakBytes).toBeLessThan(most)
    const listed = await measuredRestitute(['list', folder, ...args])
    expect(listed.exit).toBe(0)
    expect(listed.json()['items']).toHaveLength(lines.length)
    expect(listed.peakBytes).toBeLessThan(most)
  })

  it('a line of an index nested a million deep', async () => {
    const volume = await encrypted(once(zstd(await tarWith({ name: 's/data/moo', body: 'moo\n' }))))
    const { folder, args } = await forged({ volume })
    await replaceIndex(folder, `${'['.repeat(1_000_000)}\n`)
    const verified = await measuredRestitute(['verify', folder, ...args])
    expect(verified.exit).toBe(3)
    expect(found(verified.json())).toContain('hostile-content')
    expect(verified.peakBytes).toBeLessThan(most)
  })
})
