import type { DirectoryEntry, VolumeExtracted, VolumeTask } from '@restitute/archive'
import type { FileRecord, VolumeRecord } from '@restitute/manifest'
import type { SessionKey } from '@restitute/seal'
import type { FileDigest, VolumePiece } from '@restitute/verify'

/** A volume to be read whose ciphertext was just found to be as recorded. Its own key travels, no private one. */
export interface VolumeToRead {
  readonly destinationUrl: string
  readonly record: VolumeRecord
  readonly sessionKey: SessionKey
}

/** What a worker can be asked for when packages are read. */
export interface ReadingCalls {
  digest: { request: { destinationUrl: string; record: FileRecord }; batch: never; result: FileDigest }
  read: { request: VolumeToRead; batch: readonly VolumePiece[]; result: null }
  extract: {
    request: VolumeTask & { destinationUrl: string }
    batch: readonly DirectoryEntry[]
    result: VolumeExtracted
  }
}
