import { createHash } from 'node:crypto'
import { type Item, type JsonObject, throwIfInterrupted } from '@restitute/core'
import { claimsTooMuch } from './content/claims.ts'
import { openFileReader } from './content/file-reader.ts'
import { openContent } from './content/open.ts'
import type { Reader } from './content/reader.ts'
import { insideOf } from './inside/inside.ts'
import { filesOf, type Member } from './machine/machine.ts'
import { marksOf } from './machine/marks.ts'

/** A member as an item of the inventory; one that cannot be read is `lost`. Throws `interrupted` only. */
export async function itemOf(member: Member, signal: AbortSignal): Promise<Item> {
  const { id, kind, content, digest } = member
  if (digest !== undefined) return { id, kind, bytes: 0, mark: digest, digest, attributes: member.facts }
  const lost = member.lost ?? (await checksumProblem(member, signal))
  const attributes = { path: `data/${member.bagPath}`, ...member.facts }
  const item = { id, kind, bytes: 0, mark: await marksOf(filesOf(member)), attributes }
  if (content === undefined) return { ...item, lost: lost ?? 'nothing to read' }
  if (lost !== undefined && content.image.unusable !== undefined) return { ...item, lost }
  try {
    await using reader = await openContent(content, signal)
    if (await claimsTooMuch(content.image, reader, signal)) return { ...item, lost: lost ?? tooMuch }
    const facts = kind !== 'disk' && kind !== 'snapshot' ? {} : await insideFacts(reader, signal)
    const whole = { ...item, bytes: reader.size, attributes: { ...attributes, ...facts } }
    return lost === undefined ? whole : { ...whole, lost }
  } catch {
    throwIfInterrupted(signal)
    return { ...item, lost: lost ?? cannotBeRead }
  }
}

/** Why the file of a member is not what the manifest of its OVF promises. */
async function checksumProblem(
  { content, checksum }: Member,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (content === undefined || checksum === undefined) return undefined
  const hash = createHash(checksum.algorithm)
  try {
    await using reader = await openFileReader(content.image.path, content.image.window)
    const whole = { offset: 0, length: reader.size }
    for await (const chunk of reader.read([whole], signal)) hash.update(chunk)
  } catch {
    throwIfInterrupted(signal)
    return cannotBeRead
  }
  return hash.digest('hex') === checksum.digest
    ? undefined
    : 'not what the manifest (.mf) of the machine promises'
}

const tooMuch = 'it claims more data than its files can hold'

/** Said of what fails on reading; details could hold names. */
export const cannotBeRead = 'it cannot be read'

async function insideFacts(reader: Reader, signal: AbortSignal): Promise<JsonObject> {
  const inside = await insideOf(reader, signal)
  return inside === undefined ? {} : { inside }
}
