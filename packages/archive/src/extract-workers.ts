import type { Destination } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import type { SessionKey } from '@restitute/seal'
import { hashVolume } from './ciphertext.ts'
import { type ExtractWatch, extractVolume, type VolumeExtracted } from './extract-volume.ts'

/** Which entries of one volume are to be written where. Plain data, which may be handed to another thread. */
export interface VolumeTask {
  readonly record: VolumeRecord
  /** Opens this volume and no other. */
  readonly sessionKey: SessionKey
  /** A new folder that nobody else may enter. */
  readonly folder: string
  /** Which paths in the bag are wanted; all without it. */
  readonly glob?: string | undefined
}

/**
 * Who does the heavy part of an extraction. Without other help the thread of the caller; a caller that has threads
 * hands them in.
 */
export interface ExtractWorkers {
  /** How many volumes are worked on at once. */
  readonly atOnce: number
  /** The first pass over a volume: throws `invalid` unless its ciphertext is as recorded. */
  hash(record: VolumeRecord, signal: AbortSignal): Promise<void>
  /** The second one: decrypts and writes. */
  extract(task: VolumeTask, watch: ExtractWatch): Promise<VolumeExtracted>
}

/** Does it all in the thread of the caller, one volume at a time. */
export function extractHere(destination: Destination): ExtractWorkers {
  return {
    atOnce: 1,
    hash: (record, signal) => hashVolume({ destination, record, signal }),
    extract: (task, watch) => extractVolume(destination, task, watch),
  }
}
