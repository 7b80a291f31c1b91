import { createHash } from 'node:crypto'
import { type Destination, RestituteError } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'

/** Whether a file lies at a destination, whole and as recorded. */
export async function checkFile(
  destination: Destination,
  record: FileRecord,
  signal: AbortSignal,
): Promise<boolean> {
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of destination.read(record.name, { fresh: true, lent: true, signal })) {
      hash.update(chunk)
      bytes += chunk.length
    }
  } catch (error) {
    if (error instanceof RestituteError && error.code === 'not-found') return false
    throw error
  }
  return bytes === record.bytes && hash.digest('hex') === record.sha256
}
