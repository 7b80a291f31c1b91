import { createHash, type Hash } from 'node:crypto'
import type { IndexEntry, IndexItem, SourceRecord } from '@restitute/manifest'
import { type Finding, finding } from '../findings.ts'
import type { Leaders } from './leaders.ts'
import { treeProblem } from './tree.ts'

/** Of each kind of source, the items that are a content: size and digest are those of their entries (docs/format.md §9). */
const contents: Readonly<Record<string, readonly string[]>> = {
  files: ['file'],
  disk: ['disk', 'snapshot', 'file', 'nvram', 'tpm', 'description'],
  oci: ['manifest', 'index', 'blob', 'layout'],
  s3: ['object', 'delete-marker', 'configuration'],
}

/** Those that come in files, too, and define size and digest in their own terms. */
const described: Readonly<Record<string, readonly string[]>> = {
  disk: ['machine'],
  mysql: [
    ...['database', 'table', 'view', 'sequence', 'function', 'procedure', 'library'],
    ...['package', 'package-body', 'trigger', 'event', 'account', 'role'],
  ],
  postgres: ['definitions', 'large-object', 'materialized-rows', 'sequence-value', 'table'],
  sqlite: ['definitions', 'table'],
}

/** What the entries of one item come to, so far. */
export interface ItemParts {
  entries: number
  bytes: number
  /** Those with a number. */
  numbered: number
  /** Those that are further names of a file. */
  links: number
  /** Of the last entry that has none: the only one, when the item is not cut. */
  whole: string | undefined
  /** Over the raw digests of the parts in their order, once there is one: few items are cut. */
  joined: Hash | undefined
  inOrder: boolean
  /** One lies elsewhere than its item says. */
  misplaced: boolean
}

/** Before the first entry of an item. */
export function newParts(): ItemParts {
  const none = { entries: 0, bytes: 0, numbered: 0, links: 0, whole: undefined, joined: undefined }
  return { ...none, inOrder: true, misplaced: false }
}

/** Adds an entry of the item. */
export function takePart(parts: ItemParts, { type, size, sha256, part }: IndexEntry): void {
  if (type === 'directory') return
  parts.entries++
  parts.bytes += size
  if (type === 'link') parts.links++
  if (part === undefined) {
    parts.whole = sha256
    return
  }
  joinedOf(parts).update(sha256 ?? '', 'hex')
  if (part !== ++parts.numbered) parts.inOrder = false
}

function joinedOf(parts: ItemParts): Hash {
  parts.joined ??= createHash('sha256')
  return parts.joined
}

/** How an item contradicts its entries. */
interface Problem {
  readonly message: string
  readonly expected?: string | number
  readonly got?: string | number
}

/**
 * Whether an item follows from its entries. The digest of a content is that of its entry, or over the digests of its
 * parts; other kinds define their digests in their own terms and are compared after a restoration. What a program of the
 * host delivers is known to that program alone.
 */
export function checkItem(
  { name, kind }: SourceRecord,
  item: IndexItem,
  parts: ItemParts,
  leaders: Leaders,
): Finding[] {
  const problem = problemOf(kind, item, parts) ?? (kind === 'files' && problemInTree(item, parts, leaders))
  return problem ? [finding('item-differs', `${name}: ${item.item}`, problem.message, problem)] : []
}

function problemOf(kind: string, item: IndexItem, parts: ItemParts): Problem | undefined {
  if (parts.entries > 0 && ['unchanged', 'removed', 'excluded'].includes(item.state))
    return { message: `has entries although it is ${item.state}` }
  const isContent = contents[kind]?.includes(item.kind) === true
  const isInFiles = isContent || described[kind]?.includes(item.kind) === true
  if (item.state !== 'exported' || !isInFiles) return undefined
  if (parts.entries === 0) return { message: 'exported, but without an entry' }
  if (!parts.inOrder) return { message: 'its parts are not numbered from 1 without gaps' }
  return isContent ? contentProblem(kind, item, parts) : undefined
}

function problemInTree(item: IndexItem, parts: ItemParts, leaders: Leaders): Problem | undefined {
  if (item.state !== 'exported' && item.state !== 'unchanged') return undefined
  const message = treeProblem(item, parts, leaders)
  if (item.attributes?.['nlink'] !== undefined && item.leader === undefined) leaders.add(item)
  return message === undefined ? undefined : { message }
}

function contentProblem(kind: string, { bytes, digest }: IndexItem, parts: ItemParts): Problem | undefined {
  const isCut = parts.numbered > 0
  if (parts.entries !== (isCut ? parts.numbered : 1))
    return { message: 'has several entries that are not numbered as its parts' }
  if (parts.bytes !== bytes)
    return { message: 'its entries do not add up to its bytes', expected: bytes, got: parts.bytes }
  const got = isCut ? joinedOf(parts).digest('hex') : (parts.whole ?? 'none')
  // The digest by which an image names a blob is of the whole, which is not at hand.
  if (got === digest || (isCut && kind === 'oci')) return undefined
  return { message: 'its digest does not follow from its entries', expected: digest ?? 'a digest', got }
}
