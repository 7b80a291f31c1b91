import type { Entry } from '@restitute/core'
import type { EntryRecord } from './types.ts'

/** A directory of a bag with what only a directory entry can carry. */
export interface BagDirectory {
  readonly path: string
  readonly mode: number
  readonly modified: bigint
}

export async function* bagEntries(_o: {
  payload: () => AsyncIterable<EntryRecord>
  tags: () => AsyncIterable<EntryRecord>
  directories: () => AsyncIterable<BagDirectory>
  info: Readonly<Record<string, string>>
  at: Date
}): AsyncIterable<Entry> {
  throw new Error('todo')
}
