import {
  ContentHash,
  type Difference,
  digestOfParts,
  type Item,
  type KnownItem,
  pairs,
  removed,
  type SourceSpec,
  throwIfInterrupted,
} from '@restitute/core'
import { extentsOf, within } from './content/extents.ts'
import { openContent } from './content/open.ts'
import { countParts, partsOf } from './content/parts.ts'
import type { Range, Reader } from './content/reader.ts'
import { cannotBeRead, itemOf } from './items.ts'
import { loadMachine } from './machine/load.ts'
import { filesOf, type Member } from './machine/machine.ts'
import { marksOf } from './machine/marks.ts'

/**
 * How a machine differs, by what its guests see, from what is known of it, ascending by id; formats, chains and times
 * do not count. Contents that were cut are hashed part by part, as they were delivered (`attributes.partBytes`).
 */
export async function* differencesOf(
  source: SourceSpec,
  known: AsyncIterable<KnownItem>,
  signal: AbortSignal,
): AsyncIterable<Difference> {
  const { members } = await loadMachine(source, signal)
  for await (const pair of pairs(known, members)) {
    throwIfInterrupted(signal)
    const difference = pair.now ? await judge(pair.now, pair.known, signal) : removed(pair.known)
    if (difference) yield difference
  }
}

async function judge(
  member: Member,
  known: KnownItem | undefined,
  signal: AbortSignal,
): Promise<Difference | undefined> {
  const now = await itemOf(member, signal)
  if (now.lost !== undefined) return { item: now.id, change: 'unreadable', detail: now.lost }
  if (known === undefined) return { item: now.id, change: 'new' }
  if (now.bytes !== known.bytes) {
    return { item: now.id, change: 'changed', detail: `expected ${known.bytes} bytes, got ${now.bytes}` }
  }
  if (now.digest === undefined) return judgeContent(member, now, known, signal)
  return now.digest === known.digest ? undefined : { item: now.id, change: 'changed' }
}

async function judgeContent(
  member: Member,
  now: Item,
  known: KnownItem,
  signal: AbortSignal,
): Promise<Difference | undefined> {
  const digest = await digestOf(member, known, signal).catch(() => undefined)
  throwIfInterrupted(signal)
  if (digest === undefined) return { item: now.id, change: 'unreadable', detail: cannotBeRead }
  const moved = (await marksOf(filesOf(member))) !== now.mark
  const detail = moved ? 'changed while it was read' : digest === known.digest ? undefined : 'content'
  return detail === undefined ? undefined : { item: now.id, change: 'changed', detail }
}

async function digestOf(member: Member, known: KnownItem, signal: AbortSignal): Promise<string> {
  if (member.content === undefined) throw new Error(cannotBeRead)
  await using reader = await openContent(member.content, signal)
  const partBytes = known.attributes?.['partBytes']
  if (typeof partBytes !== 'number' || partBytes < 1) {
    return await rangeDigest(reader, { offset: 0, length: reader.size }, signal)
  }
  const digests: string[] = []
  for (const part of partsOf(reader.size, partBytes, 1, countParts(reader.size, partBytes))) {
    digests.push(await rangeDigest(reader, part, signal))
  }
  return digestOfParts(digests)
}

async function rangeDigest(reader: Reader, range: Range, signal: AbortSignal): Promise<string> {
  const extents = await extentsOf(reader.data(range, signal), range)
  const hash = new ContentHash({ size: range.length, extents }, signal)
  for await (const chunk of reader.read(within(range, extents), signal)) {
    const hashing = hash.take(chunk)
    if (hashing) await hashing
  }
  return hash.digest()
}
