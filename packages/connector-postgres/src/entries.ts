import type { Entry } from '@restitute/core'

interface About {
  readonly path: string
  readonly item: string
  readonly modified: bigint
  readonly part?: number
}

/** A file entry of bytes in memory. */
export function fileEntry({ chunks, ...about }: About & { readonly chunks: readonly Uint8Array[] }): Entry {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  return streamedEntry({ ...about, size, content: streamed(chunks) })
}

/** A file entry whose bytes come as it is read. */
export function streamedEntry({
  content,
  ...about
}: About & { readonly size: number; readonly content: AsyncIterable<Uint8Array> }): Entry {
  return { ...about, type: 'file', mode: 0o600, content: () => content }
}

async function* streamed(chunks: readonly Uint8Array[]): AsyncIterable<Uint8Array> {
  yield* chunks
}

/** `000001` */
export function number(value: number): string {
  return String(value).padStart(6, '0')
}
