import { chmodSync, lchownSync, utimesSync } from 'node:fs'
import { systemCalls, systemCode } from '@restitute/core'

/** What an extracted file or directory gets beside its content. */
export interface Attributes {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since 1970. */
  readonly modified: bigint
}

/** What the system would not take of it. */
export type NotKept = 'owners' | 'nanoseconds'

/**
 * Gives what was just made at `path`, by us and where nobody else may write, its owner (only root may), permissions and
 * time, in this order: a new owner clears permissions. Says what the system would not take: owners that a container
 * does not know, nanoseconds where they cannot be set. Synchronous: a call through Node's thread pool costs many times
 * what it does.
 */
export function applyAttributes(path: string, attributes: Attributes): readonly NotKept[] {
  const owned = process.getuid?.() !== 0 || giveTo(path, attributes)
  chmodSync(path, safeMode(attributes.mode))
  const exact = setTime(path, attributes.modified)
  return [...(owned ? [] : ['owners' as const]), ...(exact ? [] : ['nanoseconds' as const])]
}

function giveTo(path: string, { uid, gid }: Attributes): boolean {
  try {
    lchownSync(path, uid, gid)
    return true
  } catch (thrown) {
    if (['EPERM', 'EINVAL'].includes(systemCode(thrown) ?? '')) return false
    throw thrown
  }
}

/** Without the set-user, set-group and sticky bits: a package may come from anybody. */
function safeMode(mode: number): number {
  return mode & 0o777
}

/** Node takes seconds as a double: microseconds survive. */
function setTime(path: string, modified: bigint): boolean {
  const calls = systemCalls()
  calls?.setTimes(Buffer.from(path), modified, modified)
  const seconds = Number(modified) / 1e9
  if (!calls) utimesSync(path, seconds, seconds)
  return calls !== undefined || modified % 1000n === 0n
}
