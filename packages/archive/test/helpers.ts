import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Destination, Entry } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import { generateKey, type PrivateKey, readPrivateKey } from '@restitute/seal'
import { expect, onTestFinished } from 'vitest'
import { type EntryRecord, readVolume, type VolumeEntry, writeVolume } from '../src/index.ts'

/** A folder that goes away with the test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'restitute-archive-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

export async function newKey(name: string): Promise<PrivateKey> {
  const at = new Date(Date.now() - 3600_000)
  const { privateKey } = await generateKey({ name, email: `${name}@example.org`, at })
  return readPrivateKey(Buffer.from(privateKey))
}

export function fileEntry(path: string, content: Uint8Array | string, more: Partial<Entry> = {}): Entry {
  const bytes = Buffer.from(content)
  return {
    path,
    item: path,
    type: 'file',
    size: bytes.length,
    mode: 0o640,
    modified: 1_700_000_000_123_456_789n,
    content: () => chunked(bytes),
    ...more,
  }
}

export function directoryEntry(path: string, mode = 0o755, modified = 1_600_000_000_000_000_000n): Entry {
  return { path, item: `${path}/`, type: 'directory', size: 0, mode, modified, content: () => each([]) }
}

export async function* chunked(bytes: Uint8Array, size = 65536): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

export async function* each<T>(things: Iterable<T>): AsyncIterable<T> {
  yield* things
}

export async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(chunks, (chunk) => Buffer.from(chunk)))
}

/** Writes a volume of the source `records`; gives its record and what was told of its entries. */
export async function volumeOf(
  destination: Destination,
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  key: PrivateKey,
  more: Partial<Parameters<typeof writeVolume>[0]> = {},
): Promise<{ record: VolumeRecord; told: EntryRecord[] }> {
  const told: EntryRecord[] = []
  const { record } = await writeVolume({
    destination,
    name: 'volumes/000001.tar.zst.pgp',
    source: 'records',
    shard: '000001',
    entries: Symbol.asyncIterator in entries ? entries : each(entries),
    recipients: [key.publicKey],
    onEntry: (entry) => void told.push(entry),
    onLoss: () => {},
    signal: new AbortController().signal,
    readBack: 'hash',
    ...more,
  })
  return { record, told }
}

/** Everything in a volume, its content in memory. */
export async function contentsOf(
  destination: Destination,
  record: VolumeRecord,
  key: PrivateKey,
): Promise<(Omit<VolumeEntry, 'content' | 'atHand' | 'uid' | 'gid'> & { bytes: Buffer })[]> {
  const found = []
  for await (const entry of readVolume({ destination, record, opener: { privateKeys: [key] } })) {
    const { source, path, type, size, mode, modified } = entry
    found.push({ source, path, type, size, mode, modified, bytes: await bytesOf(entry.content()) })
  }
  return found
}

/** That a promise fails with an error of this code. */
export async function expectCode(promise: Promise<unknown>, ...codes: string[]): Promise<void> {
  const thrown: unknown = await promise.then(
    () => 'no error',
    (error: unknown) => error,
  )
  expect(
    codes.includes((thrown as { code?: string }).code ?? ''),
    `${codes.join(' or ')}, got ${describe(thrown)}`,
  ).toBe(true)
}

function describe(thrown: unknown): string {
  return thrown instanceof Error
    ? `${'code' in thrown ? String(thrown.code) : ''} ${thrown.stack}`
    : String(thrown)
}

export async function namesIn(destination: Destination): Promise<string[]> {
  return (await Array.fromAsync(destination.list())).map((file) => file.name)
}
