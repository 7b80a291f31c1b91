import type { Destination } from '@restitute/core'
import type { VolumeRecord } from '@restitute/manifest'
import type { Opener } from '@restitute/seal'
import type { VolumeEntry } from './types.ts'
export async function* readVolume(_o: {
  destination: Destination
  record: VolumeRecord
  opener: Opener
  signal?: AbortSignal
  onProgress?: (plaintextBytes: number) => void
}): AsyncIterable<VolumeEntry> {
  throw new Error('todo')
}
