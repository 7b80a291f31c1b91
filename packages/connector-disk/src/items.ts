import { type Item, type JsonObject, throwIfInterrupted } from '@restitute/core'
import { openContent } from './content/open.ts'
import type { Reader } from './content/reader.ts'
import { insideOf } from './inside/inside.ts'
import { filesOf, type Member } from './machine/machine.ts'
import { marksOf } from './machine/marks.ts'

/** A member as an item of the inventory; one that cannot be read is `lost`. Throws `interrupted` only. */
export async function itemOf(member: Member, signal: AbortSignal): Promise<Item> {
  const { id, kind, lost, content } = member
  const attributes = { path: `data/${member.bagPath}`, ...member.facts }
  const item = { id, kind, bytes: 0, mark: await marksOf(filesOf(member)), attributes }
  if (content === undefined) return { ...item, lost: lost ?? 'nothing to read' }
  if (lost !== undefined && content.image.unusable !== undefined) return { ...item, lost }
  try {
    await using reader = await openContent(content, signal)
    const facts = kind === 'file' ? {} : await insideFacts(reader, signal)
    const whole = { ...item, bytes: reader.size, attributes: { ...attributes, ...facts } }
    return lost === undefined ? whole : { ...whole, lost }
  } catch {
    throwIfInterrupted(signal)
    return { ...item, lost: lost ?? cannotBeRead }
  }
}

/** Said of what fails on reading; details could hold names. */
export const cannotBeRead = 'it cannot be read'

async function insideFacts(reader: Reader, signal: AbortSignal): Promise<JsonObject> {
  const inside = await insideOf(reader, signal)
  return inside === undefined ? {} : { inside }
}
