import type { DirectoryEntry, VolumeExtracted, VolumeTask } from '@restitute/archive'
import type { DestinationSpec } from '@restitute/core'
import type { FileRecord, VolumeRecord } from '@restitute/manifest'
import type { SessionKey } from '@restitute/seal'
import type { FileDigest, VolumePiece } from '@restitute/verify/threads'

/** A volume to be read whose ciphertext was just found to be as recorded. Its own key travels, no private one. */
export interface VolumeToRead {
  readonly place: DestinationSpec
  readonly record: VolumeRecord
  readonly sessionKey: SessionKey
}

/** What a worker can be asked for when packages are read. */
export interface ReadingCalls {
  digest: { request: { place: DestinationSpec; record: FileRecord }; batch: never; result: FileDigest }
  read: { request: VolumeToRead; batch: readonly VolumePiece[]; result: null }
  extract: {
    request: VolumeTask & { place: DestinationSpec }
    batch: readonly DirectoryEntry[]
    result: VolumeExtracted
  }
}
