import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { type Json, type JsonObject, RestituteError } from '@restitute/core'
import { mostIndexBytes } from './index-json.ts'
import type { LayoutFiles } from './store.ts'

/** What another worker needs to join a view: the index, and where a place that was searched holds what. */
export function tokenOf({ index, version }: LayoutFiles, place: Json | undefined): JsonObject {
  return {
    index: zstdCompressSync(index).toString('base64'),
    version: version.toString('base64'),
    ...(place !== undefined && { place }),
  }
}

/** {@link tokenOf} undone. Throws `source-view-lost`. */
export function readToken(token: Json): { layout: LayoutFiles; place?: Json } {
  const { index, version, place } = (token ?? {}) as JsonObject
  if (typeof index !== 'string' || typeof version !== 'string')
    throw new RestituteError('source-view-lost', 'source: not a view of images')
  const bytes = zstdDecompressSync(Buffer.from(index, 'base64'), { maxOutputLength: mostIndexBytes })
  return {
    layout: { index: bytes, version: Buffer.from(version, 'base64') },
    ...(place !== undefined && { place }),
  }
}
