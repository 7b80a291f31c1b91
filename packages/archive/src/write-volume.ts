import type { Destination, Entry, Loss } from '@restitute/core'
import type { Measurement, VolumeRecord } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import type { EntryRecord } from './types.ts'

/** A volume that is in its place and was read back. */
export interface WrittenVolume {
  readonly record: VolumeRecord
  readonly measurements: Measurement[]
}
export async function writeVolume(_o: {
  destination: Destination
  name: string
  source: string
  shard: string
  entries: AsyncIterable<Entry | Loss>
  recipients: readonly PublicKey[]
  onEntry: (record: EntryRecord) => void | Promise<void>
  onLoss: (loss: Loss) => void | Promise<void>
  onProgress?: (plaintextBytes: number) => void
  signal: AbortSignal
  readBack: 'hash' | 'full'
}): Promise<WrittenVolume> {
  throw new Error('todo')
}
