import { createHash, type Hash } from 'node:crypto'
import type { IndexEntry, IndexItem } from '@restitute/manifest'
import { type Finding, finding } from '../findings.ts'

/** What the entries of one item come to, so far. */
export interface ItemParts {
  entries: number
  bytes: number
  /** Of the only entry, when the item is not cut. */
  whole: string | undefined
  /** Over the raw digests of the parts in their order, once there is one: few items are cut. */
  joined: Hash | undefined
  inOrder: boolean
}

/** Before the first entry of an item. */
export function newParts(): ItemParts {
  return { entries: 0, bytes: 0, whole: undefined, joined: undefined, inOrder: true }
}

/** Adds an entry of the item. */
export function takePart(parts: ItemParts, { type, size, sha256, part }: IndexEntry): void {
  if (type === 'directory') return
  parts.entries++
  parts.bytes += size
  if (part === undefined) parts.whole = sha256
  else joinedOf(parts).update(sha256 ?? '', 'hex')
  if (part !== undefined && part !== parts.entries) parts.inOrder = false
}

function joinedOf(parts: ItemParts): Hash {
  parts.joined ??= createHash('sha256')
  return parts.joined
}

/**
 * Whether an item follows from its entries. The digest of a file is that of its content, or over the digests of its
 * parts; other kinds define their digests in their own terms and are compared after a restoration.
 */
export function checkItem(source: string, item: IndexItem, parts: ItemParts): Finding[] {
  const subject = `${source}: ${item.item}`
  if (parts.entries > 0 && ['unchanged', 'removed', 'excluded'].includes(item.state)) {
    return [finding('item-differs', subject, `has entries although it is ${item.state}`)]
  }
  if (item.state !== 'exported') return []
  return item.kind === 'file' ? checkFile(subject, item, parts) : []
}

function checkFile(subject: string, item: IndexItem, parts: ItemParts): Finding[] {
  if (parts.entries === 0) return [finding('item-differs', subject, 'exported, but without an entry')]
  if (!parts.inOrder)
    return [finding('item-differs', subject, 'its parts are not numbered from 1 without gaps')]
  if (parts.bytes !== item.bytes) {
    const compared = { expected: item.bytes, got: parts.bytes }
    return [finding('item-differs', subject, 'its entries do not add up to its bytes', compared)]
  }
  const got = parts.whole ?? joinedOf(parts).digest('hex')
  if (got === item.digest) return []
  return [
    finding('item-differs', subject, 'its digest does not follow from its entries', {
      expected: item.digest ?? 'a digest',
      got,
    }),
  ]
}
