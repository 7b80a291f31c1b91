import { createHash } from 'node:crypto'
import { mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Entry, systemClock } from '@restitute/core'
import { decryptStream, encryptStream, generateKey, newSessionKey, readPrivateKey } from '@restitute/seal'
import { hashVolume } from '../../packages/archive/src/ciphertext.ts'
import { directoryDestination } from '../../packages/archive/src/index.ts'
import { Meter } from '../../packages/archive/src/meter.ts'
import { guardTar } from '../../packages/archive/src/tar-guard.ts'
import { untar } from '../../packages/archive/src/tar-read.ts'
import { tarOf } from '../../packages/archive/src/tar-write.ts'
import { compress, decompress } from '../../packages/archive/src/zstd.ts'

/** One stage alone, in one thread and Node's pool. */
export interface Stage {
  readonly stage: string
  readonly of: 'export' | 'verify'
  /** Processor nanoseconds for each byte of plaintext. */
  readonly nanoseconds: number
}

const sampleBytes = 128 * 2 ** 20
const largeBytes = 2 ** 20
const chunkBytes = 256 * 1024

/** Processor nanoseconds for each byte of plaintext, all stages together. */
export function sumOf(all: readonly Stage[]): number {
  return all.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0)
}

/** What the whole program, in `wall` seconds, reached of what the stages allow with all cores busy: R60 asks for 0.9. */
export function shareReached(all: readonly Stage[], bytes: number, wall: number): number {
  return (bytes / wall) * (sumOf(all) / 1e9 / availableParallelism())
}

/** What each stage of an export and of a verification costs on a part of a data set, one after the other. */
export async function stages(folder: string): Promise<readonly Stage[]> {
  const files = await sample(folder)
  const bytes = files.reduce((sum, { content }) => sum + content.length, 0)
  const found: Stage[] = []
  const measured = async (of: Stage['of'], stage: string, work: () => Promise<Buffer>): Promise<Buffer> => {
    const before = process.cpuUsage()
    const result = await work()
    const { user, system } = process.cpuUsage(before)
    found.push({ stage, of, nanoseconds: ((user + system) * 1000) / bytes })
    return result
  }
  const place = await mkdtemp(join(tmpdir(), 'restitute-stages-'))
  try {
    const made = await exportStages(files, place, (stage, work) => measured('export', stage, work))
    await verifyStages(made, bytes, place, (stage, work) => measured('verify', stage, work))
  } finally {
    await rm(place, { recursive: true })
  }
  return found
}

interface SampleFile {
  readonly path: string
  readonly content: Buffer
}

type Measured = (stage: string, work: () => Promise<Buffer>) => Promise<Buffer>

interface Sealed {
  readonly bytes: Buffer
  readonly sha256: string
  readonly sessionKey: ReturnType<typeof newSessionKey>
}

const name = 'volumes/000001'
const nothing = Buffer.alloc(0)

async function exportStages(
  files: readonly SampleFile[],
  place: string,
  measured: Measured,
): Promise<Sealed> {
  const made = await generateKey({ name: 'Bench', email: 'bench@demo.example', at: systemClock.now() })
  const { publicKey } = await readPrivateKey(Buffer.from(made.privateKey))
  const sessionKey = newSessionKey()
  const destination = directoryDestination(place)
  await measured('read', async () => {
    for (const { path, content } of files) await beginning(path, content.length)
    return nothing
  })
  const tar = await passed('hash and pack', () => tarOf(source(files)), measured)
  const packed = await passed('compress', () => compress(chunks(tar)), measured)
  const bytes = await passed(
    'encrypt',
    () => encryptStream(chunks(packed), [publicKey], sessionKey),
    measured,
  )
  const digest = await measured('hash ciphertext', async () => createHash('sha256').update(bytes).digest())
  const sealed = { bytes, sha256: digest.toString('hex'), sessionKey }
  await measured('write', async () => {
    await using file = await destination.create(name)
    for await (const chunk of chunks(bytes)) await file.write(chunk)
    await file.commit()
    return nothing
  })
  await measured('read back', () => hashed(place, sealed, true))
  return sealed
}

async function verifyStages(sealed: Sealed, bytes: number, place: string, measured: Measured): Promise<void> {
  await measured('read and hash', () => hashed(place, sealed, false))
  await measured('read and hash again', () => hashed(place, sealed, false))
  const packed = await passed('decrypt', () => decryptStream(chunks(sealed.bytes), sealed), measured)
  const tar = await passed(
    'decompress',
    () => decompress(chunks(packed), name, 2 * bytes + 2 ** 30, true),
    measured,
  )
  await measured('unpack and hash', async () => {
    for await (const entries of untar(guardTar(chunks(tar), name), name)) {
      for (const entry of entries) {
        const hash = createHash('sha256')
        for await (const chunk of entry.content()) hash.update(chunk)
        hash.digest()
      }
    }
    return nothing
  })
}

async function hashed(place: string, { bytes, sha256 }: Sealed, fresh: boolean): Promise<Buffer> {
  const record = { name, bytes: bytes.length, sha256 }
  await hashVolume({ destination: directoryDestination(place), record, fresh })
  return nothing
}

function source(files: readonly SampleFile[]): Parameters<typeof tarOf>[0] {
  return {
    source: 'bench',
    entries: entries(files),
    onEntry: () => {},
    onLoss: () => {},
    onProgress: () => {},
    meter: new Meter(),
    signal: new AbortController().signal,
  }
}

async function* entries(files: readonly SampleFile[]): AsyncIterable<Entry> {
  for (const [i, { content }] of files.entries()) {
    const facts = { type: 'file', size: content.length, mode: 0o644, modified: 1_700_000_000_123n } as const
    yield { path: `data/${i}`, ...facts, content: () => chunks(content) }
  }
}

/** Of large files their beginnings, of small ones every so many: what the whole is made of, in the same shares. */
async function sample(folder: string): Promise<SampleFile[]> {
  const files = await filesIn(folder)
  const share = Math.min(1, sampleBytes / files.reduce((sum, { size }) => sum + size, 0))
  const found: SampleFile[] = []
  let small = 0
  for (const { path, size } of files) {
    if (size >= largeBytes) found.push({ path, content: await beginning(path, Math.ceil(size * share)) })
    else if (Math.floor(++small * share) > Math.floor((small - 1) * share))
      found.push({ path, content: await readFile(path) })
  }
  return found
}

async function filesIn(folder: string): Promise<{ path: string; size: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return Promise.all(paths.map(async (path) => ({ path, size: (await stat(path)).size })))
}

async function beginning(path: string, length: number): Promise<Buffer> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, 0)
  return buffer.subarray(0, bytesRead)
}

async function* chunks(bytes: Buffer): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

/** Measures a stage whose result is only looked at, and makes it once more for the next one. */
async function passed(
  stage: string,
  make: () => AsyncIterable<Uint8Array>,
  measured: Measured,
): Promise<Buffer> {
  await measured(stage, async () => {
    for await (const _ of make());
    return nothing
  })
  return gathered(make())
}

/** All bytes of a stream whose chunks are good only until the next is asked for. */
async function gathered(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const chunk of source) parts.push(Buffer.from(chunk))
  return Buffer.concat(parts)
}
