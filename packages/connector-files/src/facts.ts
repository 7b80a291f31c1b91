import type { Item } from '@restitute/core'
import { mtimeOf, numberOf } from './attributes.ts'
import { differingXattr } from './xattrs.ts'

/** What must be equal beside kind, size, mode, link target, hard links, device, xattrs, ACLs and time of change. */
export interface Facts {
  /** Whether the owner (uid, gid), and the extended attributes that only root may set, must be equal too. */
  readonly owners: boolean
  /** Whether a file with holes may not hold more data than it did: asked of a copy, not of the source, which may settle. */
  readonly holes: boolean
  /**
   * A destruction was cut short: a folder that still stands has another time and perhaps another mode than it had, and a file
   * fewer names.
   */
  readonly cutShort?: boolean
}

/** A copy may hold a little more, since file systems differ in the size of their blocks. */
const mostGrowth = 1.05
const growthBytes = 64 * 1024

/** The first fact in which two items differ, content aside. */
export function changedFact(known: Item, now: Item, how: Facts): string | undefined {
  const { owners, holes, cutShort = false } = how
  if (known.kind !== now.kind) return `kind: expected ${known.kind}, got ${now.kind}`
  if (cutShort && now.kind === 'directory') return undefined
  if (known.bytes !== now.bytes) return `size: expected ${known.bytes} bytes, got ${now.bytes}`
  if (known.leader !== now.leader && !cutShort) return 'hard link'
  const names = ['mode', 'target', 'rawTarget', 'major', 'minor', ...(owners ? ['uid', 'gid'] : [])]
  const fact = names.find((name) => known.attributes?.[name] !== now.attributes?.[name])
  if (fact !== undefined) return fact
  const xattr = differingXattr(known, now, owners)
  if (xattr !== undefined) return `extended attribute ${xattr}`
  if (mtimeOf(known) !== mtimeOf(now)) return 'mtime'
  return holes ? grown(known, now) : undefined
}

function grown(known: Item, now: Item): string | undefined {
  const before = numberOf(known, 'allocated')
  if (before === undefined) return undefined
  const allocated = numberOf(now, 'allocated') ?? now.bytes
  if (allocated <= before * mostGrowth + growthBytes) return undefined
  return `holes: expected ${before} bytes allocated, got ${allocated}`
}
