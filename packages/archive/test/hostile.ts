import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import type { Destination } from '@restitute/core'
import type { Manifest, VolumeRecord } from '@restitute/manifest'
import { encryptStream, newSessionKey, type PrivateKey } from '@restitute/seal'
import { type Header, pack } from 'tar-stream'
import { expect } from 'vitest'
import { directoryDestination, extractPackage, type Package } from '../src/index.ts'
import { bytesOf, each, expectCode, temporaryFolder } from './helpers.ts'

export function zstd(bytes: Uint8Array): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })
}

/** Stores a volume that holds these compressed bytes, under a record that is right unless told otherwise. */
export async function hostileVolume(
  destination: Destination,
  key: PrivateKey,
  compressed: Uint8Array,
  record: Partial<VolumeRecord> = {},
): Promise<VolumeRecord> {
  const sealed = encryptStream(each([compressed]), [key.publicKey], newSessionKey())
  return storedVolume(destination, await bytesOf(sealed), record)
}

/** {@link hostileVolume} of any bytes, encrypted or not. */
export async function storedVolume(
  destination: Destination,
  bytes: Uint8Array,
  record: Partial<VolumeRecord> = {},
): Promise<VolumeRecord> {
  const name = 'volumes/000001.tar.zst.pgp'
  await using file = await destination.create(name)
  await file.write(bytes)
  await file.commit()
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return {
    name,
    bytes: bytes.length,
    sha256,
    source: 's',
    shard: '000001',
    entries: 1,
    plaintextBytes: 4,
    ...record,
  }
}

/** A package with these volumes, as if its manifest had been verified. */
export function packageOf(destination: Destination, volumes: readonly VolumeRecord[]): Package {
  const sources = [...new Set(volumes.map((v) => v.source))].map((name) => ({ name }))
  const manifest = { package: 'R1-0001', volumes, indexes: [], sources } as unknown as Manifest
  return { destination, manifest, manifestBytes: new Uint8Array(), sha256: '', signatures: [] }
}

type Refusal = (compressed: Uint8Array, record: Partial<VolumeRecord>, ...codes: string[]) => Promise<void>

/** Extracts a volume with this content; expects a refusal and that nothing at all was written. */
export function refuser(key: PrivateKey): Refusal {
  return async (compressed, record, ...codes) => {
    const parent = temporaryFolder()
    const destination = directoryDestination(join(parent, 'package'))
    const volume = await hostileVolume(destination, key, compressed, record)
    const to = join(parent, 'to')
    await expectCode(
      extractPackage({
        package: packageOf(destination, [volume]),
        opener: { privateKeys: [key] },
        to,
        signal: new AbortController().signal,
      }),
      ...codes,
    )
    expect(readdirSync(parent)).toEqual(['package'])
  }
}

type TarEntry = Partial<Omit<Header, 'type'>> & {
  name: string
  type?: Header['type'] | 'pax-header'
  body?: string | Buffer
}

/** A tar of any entries, harmless or not. */
export async function tarWith(...entries: TarEntry[]): Promise<Buffer> {
  const tar = pack()
  for (const { body = '', ...header } of entries) {
    const given = { mtime: new Date(0), mode: 0o644, ...header } as Header
    if (given.type && given.type !== 'file') tar.entry({ ...given, size: 0 })
    else tar.entry({ ...given, size: Buffer.byteLength(body) }, body)
  }
  tar.finalize()
  return bytesOf(tar as AsyncIterable<Uint8Array>)
}

/** The same tar with POSIX magic instead of GNU's, so that more than its headers' form is judged. */
export function asPosix(tar: Uint8Array): Buffer {
  const bytes = Buffer.from(tar)
  for (let at = 0; at < bytes.length; at += 512) {
    const header = bytes.subarray(at, at + 512)
    if (header.toString('latin1', 257, 265) !== 'ustar  \0') continue
    header.write('ustar\u000000', 257, 'latin1')
    header.write('        ', 148, 'latin1')
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  }
  return bytes
}
