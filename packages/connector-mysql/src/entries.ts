import type { Entry } from '@restitute/core'

const blockBytes = 128 * 1024

/** A file that is held in memory. */
export function fileEntry(o: {
  path: string
  item: string
  content: Buffer
  modified: bigint
  part?: number
}): Entry {
  const { path, item, content, modified, part } = o
  return {
    ...{ path, item, type: 'file', size: content.length, mode: 0o600, modified },
    ...(part === undefined ? {} : { part }),
    async *content() {
      for (let i = 0; i < content.length; i += blockBytes) yield content.subarray(i, i + blockBytes)
    },
  }
}
