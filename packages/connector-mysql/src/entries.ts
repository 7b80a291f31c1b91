import type { Entry } from '@restitute/core'

const blockBytes = 128 * 1024

interface About {
  readonly path: string
  readonly item: string
  readonly modified: bigint
  readonly part?: number
}

/** A file that is held in memory. */
export function fileEntry({ content, ...about }: About & { readonly content: Buffer }): Entry {
  return streamedEntry({ ...about, size: content.length, content: () => blocks(content) })
}

/** A file whose bytes are asked for as it is read. */
export function streamedEntry(about: About & Pick<Entry, 'size' | 'content'>): Entry {
  return { ...about, type: 'file', mode: 0o600 }
}

async function* blocks(content: Buffer): AsyncIterable<Buffer> {
  for (let i = 0; i < content.length; i += blockBytes) yield content.subarray(i, i + blockBytes)
}
