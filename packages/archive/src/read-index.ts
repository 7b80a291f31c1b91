import type { Destination } from '@restitute/core'
import type { IndexHeader, IndexLine, IndexRecord } from '@restitute/manifest'
import type { Opener } from '@restitute/seal'
export async function* readIndex(_o: {
  destination: Destination
  record: IndexRecord
  opener: Opener
  signal?: AbortSignal
}): AsyncIterable<IndexHeader | IndexLine> {
  throw new Error('todo')
}
