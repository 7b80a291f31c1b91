import { asRestituteError, type Destination, type Entry, type Loss, RestituteError } from '@restitute/core'
import type { Measurement, VolumeRecord } from '@restitute/manifest'
import { newSessionKey, type PublicKey, type SessionKey } from '@restitute/seal'
import { newTap } from './chunks.ts'
import { checkAgainst, ciphertextOf, differs } from './ciphertext.ts'
import { accountOf, EntryAccount } from './entry-account.ts'
import { Meter, measurement, stagesOf, type VolumeMeters } from './meter.ts'
import { volumeEntries } from './read-volume.ts'
import { store } from './store.ts'
import { tarOf } from './tar-write.ts'
import type { EntryRecord } from './types.ts'
import { compress } from './zstd.ts'

/** What to write into one volume. */
export interface VolumeSource {
  readonly destination: Destination
  /** Name of the volume, see `volumeName`. */
  readonly name: string
  /** Name of the bag; the tar names are `<source>/<entry.path>`. */
  readonly source: string
  /** Id of the shard, or `bag`. */
  readonly shard: string
  readonly entries: AsyncIterable<Entry | Loss>
  readonly recipients: readonly PublicKey[]
  /** Called, and waited for, after each entry; it counts only once `writeVolume` has returned. */
  readonly onEntry: (record: EntryRecord) => void | Promise<void>
  readonly onLoss: (loss: Loss) => void | Promise<void>
  /** Plaintext bytes since the last call, holes included. */
  readonly onProgress?: (plaintextBytes: number) => void
  /**
   * Called, and waited for, once the entries are all read and their bytes are with the destination: what is left, to flush
   * and to read back, is mostly waiting.
   */
  readonly onPacked?: () => Promise<void>
  readonly signal: AbortSignal
  /** `hash`: compare the ciphertext read back; `full`: also decrypt it and compare every entry. */
  readonly readBack: 'hash' | 'full'
}

/** A volume that is in its place and was read back. */
export interface WrittenVolume {
  readonly record: VolumeRecord
  /** Stages `read`, `pack`, `compress`, `encrypt`, `write`, `read-back`. */
  readonly measurements: Measurement[]
}

/**
 * Writes one volume (design §3): entries → pax tar → zstd → OpenPGP under a session key of its own → SHA-256 →
 * destination, then reads it back. Streams with back-pressure; memory does not depend on the data. Whatever goes
 * wrong, no file is left. `plaintextBytes` of the record is the sum of its files' sizes, holes included, links not.
 *
 * Throws what the entries throw; `internal` for an entry that is not what it announced, a link to what is no file
 * earlier in the volume, a volume of 4 GiB or with more than 1 TiB of holes; `destination-failed` when the read-back differs, expected against got; `interrupted`.
 */
export async function writeVolume(o: VolumeSource): Promise<WrittenVolume> {
  const meters = { content: new Meter(), tar: new Meter(), zstd: new Meter(), cipher: new Meter() }
  const sessionKey = newSessionKey()
  const account = new EntryAccount()
  let plaintextBytes = 0
  const onEntry = (entry: EntryRecord) => {
    account.add(entry)
    if (entry.type === 'file') plaintextBytes += entry.size
    return o.onEntry(entry)
  }
  const content = plaintextOf({ ...o, onEntry }, meters)
  const file = await store({ ...o, content, sessionKey, meter: meters.cipher })
  const record: VolumeRecord = {
    ...file,
    source: o.source,
    shard: o.shard,
    entries: meters.content.items,
    plaintextBytes,
  }
  const checked = await readBackOrRemove(o, { record, sessionKey, account: account.digest() })
  return { record, measurements: [...stagesOf(o.source, meters), checked] }
}

/** What is known of a volume before it is read back. */
interface Written {
  readonly record: VolumeRecord
  readonly sessionKey: SessionKey
  /** Of what was packed, see {@link EntryAccount}. */
  readonly account: string
}

function plaintextOf(o: VolumeSource, meters: VolumeMeters): AsyncIterable<Uint8Array> {
  const onProgress = o.onProgress ?? (() => {})
  const tar = tarOf({ ...o, onProgress, meter: meters.content })
  const bytesOf = (chunk: Uint8Array) => chunk.length
  return meters.zstd.over(compress(meters.tar.over(tar, bytesOf)), bytesOf)
}

async function readBackOrRemove(o: VolumeSource, written: Written): Promise<Measurement> {
  const { record } = written
  const started = performance.now()
  try {
    await readBack(o, written)
  } catch (thrown) {
    await o.destination.remove(record.name).catch(() => {})
    throw asReadBackError(thrown)
  }
  const whole = (performance.now() - started) / 1000
  const { bytes, entries: items } = record
  return measurement('read-back', o.source, { bytesIn: bytes, bytesOut: bytes, items, busy: whole, whole })
}

async function readBack(o: VolumeSource, { record, sessionKey, account }: Written): Promise<void> {
  const file = { destination: o.destination, record, signal: o.signal, fresh: true, lent: true }
  if (o.readBack === 'full') {
    const got = await accountOf(
      volumeEntries(file, { sessionKey }, () => {}),
      o.signal,
    )
    if (got !== account) throw differs(record, 'entries with the account', account, got)
    return
  }
  const seen = newTap()
  for await (const _chunk of ciphertextOf(file, seen));
  checkAgainst(record, seen)
}

function asReadBackError(thrown: unknown): RestituteError {
  const error = asRestituteError(thrown)
  if (error.code === 'interrupted' || error.code.startsWith('destination-')) return error
  return new RestituteError('destination-failed', `read back: ${error.message}`, {
    cause: error,
    details: error.details,
    hint: 'the destination did not keep what was written: check the medium',
  })
}
