import { longestIndexLine } from '@restitute/archive'
import { type Item, RestituteError } from '@restitute/core'
import { parseJson } from '@restitute/manifest'

/** For what a line says beyond the inventory: what became of the item and why, its digest, what reading found of it. */
const room = 1024 * 1024
const longestItem = longestIndexLine - room
/** With no more brackets than this, nothing is nested deeper than a reader follows. */
const fewBrackets = 60

const unrecordable =
  'no index can hold its attributes: too large, nested too deep, or with a text that is none'

/**
 * An item that every reader of an index will accept as a line, which is the item itself nearly always. One that none
 * would accept is lost, without its attributes and its mark: found out when the last volume is written, or by the client,
 * it would cost the whole package. Throws `hostile-input` when even its id or its kind cannot stand in an index.
 */
export function recordable(item: Item): Item {
  if (isRecordable(item)) return item
  const { attributes: _, digest: __, ...rest } = item
  const lost = { ...rest, mark: '', lost: unrecordable }
  if (isRecordable(lost)) return lost
  throw new RestituteError(
    'hostile-input',
    'inventory: expected an id and a kind that an index can hold, got one that is empty, too long or no text',
  )
}

function isRecordable(item: Item): boolean {
  if (item.id === '' || item.kind === '') return false
  const text = JSON.stringify(item)
  return isPlain(text) || isReadable(text)
}

/** Told without reading it: there may be millions of items. A UTF-16 unit has at most three bytes; `\ud…` may be half a pair. */
function isPlain(text: string): boolean {
  const brackets = text.match(/[[{]/g)?.length ?? 0
  return text.length * 3 <= longestItem && brackets <= fewBrackets && !text.includes('\\ud')
}

/** As the reader of an index judges. */
function isReadable(text: string): boolean {
  try {
    parseJson(Buffer.from(text), { bytes: longestItem })
    return true
  } catch {
    return false
  }
}
