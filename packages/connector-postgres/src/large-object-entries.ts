import type { Entry, Item } from '@restitute/core'
import { fileEntry, number } from './entries.ts'
import { largeObjectScript, oidOf, pieceBytes, pieceOf } from './large-objects.ts'
import { largeObjectLoader } from './restore-script.ts'
import type { Session } from './session.ts'

/** A large object as parts `data/large-objects/<number>/000001.bin`, then the script by which psql loads them. */
export async function* largeObjectEntries(
  session: Session,
  item: Item,
  o: { readonly partBytes: number; readonly modified: bigint },
  signal: AbortSignal,
): AsyncIterable<Entry> {
  const oid = oidOf(item.id)
  const length = Math.min(pieceBytes, o.partBytes)
  const pieces: { file: string; offset: number }[] = []
  for (let offset = 0; offset < item.bytes; offset += length) {
    const piece = await pieceOf(session, oid, offset, length, signal)
    const file = `large-objects/${oid}/${number(pieces.length + 1)}.bin`
    pieces.push({ file, offset })
    const path = `data/${file}`
    yield fileEntry({ path, item: item.id, chunks: [piece], modified: o.modified, part: pieces.length })
  }
  const about = largeObjectScript(oid, item.attributes as unknown as Parameters<typeof largeObjectScript>[1])
  const script = largeObjectLoader(oid, pieces, about)
  const path = `data/large-objects/${oid}.sql`
  yield fileEntry({ path, item: item.id, chunks: [Buffer.from(script)], modified: o.modified })
}
