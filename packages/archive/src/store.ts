import { createHash } from 'node:crypto'
import { ahead, type Destination, RestituteError } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import { encryptStream, type PublicKey, type SessionKey } from '@restitute/seal'
import { checkSignal, newTap, tap } from './chunks.ts'
import type { Meter } from './meter.ts'

/** FAT32 holds no larger file, and a volume may travel on any medium. */
const largestFile = 2 ** 32 - 1

/**
 * Encrypts a stream into one file of the destination, which appears there whole or not at all. Throws `interrupted`
 * when the signal is set, `internal` when the ciphertext reaches 4 GiB, and whatever source and destination throw.
 */
export async function store(o: {
  readonly destination: Destination
  readonly name: string
  readonly content: AsyncIterable<Uint8Array>
  readonly recipients: readonly PublicKey[]
  readonly sessionKey: SessionKey
  readonly meter: Meter
  /** Called, and waited for, between the last byte and the commit. */
  readonly onPacked?: (() => Promise<void>) | undefined
  readonly signal: AbortSignal
}): Promise<FileRecord> {
  checkSignal(o.signal)
  await using file = await o.destination.create(o.name)
  const seen = newTap()
  const ciphertext = tap(encryptStream(o.content, o.recipients, o.sessionKey), seen)
  for await (const chunk of o.meter.over(ahead(ciphertext), (c) => c.length)) {
    checkSignal(o.signal)
    if (seen.bytes > largestFile) throw tooLarge(o.name)
    await file.write(chunk)
  }
  await o.onPacked?.()
  checkSignal(o.signal)
  await file.commit()
  return { name: o.name, bytes: seen.bytes, sha256: seen.hash.digest('hex') }
}

/** Writes bytes that are in memory already as one file. */
export async function storeBytes(
  destination: Destination,
  name: string,
  bytes: Uint8Array,
): Promise<FileRecord> {
  await using file = await destination.create(name)
  await file.write(bytes)
  await file.commit()
  return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

function tooLarge(name: string): RestituteError {
  return new RestituteError('internal', `${name}: expected less than 4 GiB, got more`, {
    hint: 'export with smaller shards',
  })
}
