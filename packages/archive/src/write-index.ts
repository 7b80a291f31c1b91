import type { Destination } from '@restitute/core'
import type { IndexLine, IndexRecord } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
export async function writeIndex(_o: {
  destination: Destination
  name: string
  source: string
  salt: Uint8Array
  lines: AsyncIterable<IndexLine>
  recipients: readonly PublicKey[]
  signal: AbortSignal
}): Promise<IndexRecord> {
  throw new Error('todo')
}
