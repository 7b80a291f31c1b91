import { compareUtf8, type Item, type Json, type JsonObject, type SourceSpec } from '@restitute/core'
import { Call } from './call.ts'
import { Said } from './said.ts'

/** The inventory as a program tells it, checked: ids unique and ascending by their UTF-8 bytes. */
export async function* inventoryOf(
  source: SourceSpec,
  token: Json,
  signal: AbortSignal,
): AsyncIterable<Item> {
  await using call = await Call.start(source, 'inventory', { token }, signal)
  call.end()
  let before: string | undefined
  for (let line = await call.next(); line !== undefined; line = await call.next()) {
    const item = itemIn(line, call)
    if (before !== undefined && compareUtf8(before, item.id) >= 0) {
      throw call.frames.broken('items in ascending order of the bytes of their ids', 'another order')
    }
    before = item.id
    yield item
  }
}

function itemIn(line: JsonObject, { frames }: Call): Item {
  const said = new Said(line['item'], frames, 'item')
  const [count, lost, digest] = [
    said.optionalCount('count'),
    said.optionalText('lost'),
    said.optionalText('digest'),
  ]
  const attributes = said.object('attributes')
  if (digest !== undefined && !/^[0-9a-f]{64}$/.test(digest))
    throw frames.broken('a SHA-256 as "digest"', digest)
  return {
    ...{ id: said.text('id'), kind: said.text('kind'), bytes: said.count('bytes'), mark: said.text('mark') },
    ...(count !== undefined && { count }),
    ...(lost !== undefined && { lost }),
    ...(digest !== undefined && { digest }),
    ...(attributes && { attributes }),
  }
}
