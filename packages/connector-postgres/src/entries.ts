import type { Entry } from '@restitute/core'

/** A file entry of bytes in memory. */
export function fileEntry(o: {
  readonly path: string
  readonly item: string
  readonly chunks: readonly Uint8Array[]
  readonly modified: bigint
  readonly part?: number
}): Entry {
  const { path, item, chunks, modified, part } = o
  return {
    ...{ path, item, type: 'file', mode: 0o600, modified },
    size: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    ...(part === undefined ? {} : { part }),
    async *content() {
      yield* chunks
    },
  }
}

/** `000001` */
export function number(value: number): string {
  return String(value).padStart(6, '0')
}
