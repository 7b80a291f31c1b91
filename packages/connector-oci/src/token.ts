import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { type JsonObject, RestituteError } from '@restitute/core'
import type { IndexLine } from './index-json.ts'

/** Most bytes of names in a view: several million names. */
const mostBytes = 512 * 1024 * 1024

/** The names of a view, so that another worker can join it: about 60 bytes a name. Throws `usage` for too many. */
export function tokenOf(lines: Iterable<IndexLine>): JsonObject {
  const texts: string[] = []
  for (const { repository, ref, digest, media, bytes } of lines) {
    texts.push(JSON.stringify([repository, ref, digest, media, bytes]))
  }
  const text = Buffer.from(texts.join('\n'))
  if (text.length > mostBytes) {
    throw new RestituteError(
      'usage',
      `source: expected at most ${mostBytes} bytes of names, got ${text.length}`,
      {
        hint: 'declare its repositories as several sources',
      },
    )
  }
  return { names: zstdCompressSync(text).toString('base64') }
}

/** {@link tokenOf} undone. */
export function linesOf(token: unknown): IndexLine[] {
  const names = (token as { names?: unknown } | null)?.names
  if (typeof names !== 'string') throw new RestituteError('source-view-lost', 'source: not a view of ours')
  const text = zstdDecompressSync(Buffer.from(names, 'base64'), { maxOutputLength: mostBytes }).toString()
  return text === '' ? [] : text.split('\n').map(lineOf)
}

function lineOf(text: string): IndexLine {
  const [repository, ref, digest, media, bytes] = JSON.parse(text)
  return { repository, ref, digest, media, bytes }
}
