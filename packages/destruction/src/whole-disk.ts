import { readdir, realpath } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { isMounted } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'
import type { Copy } from './copies.ts'
import { placeOf } from './place-of.ts'
import type { Reach } from './reach.ts'

/**
 * Whether a copy is all of what is mounted in its place, a file system, or a folder or file of one: what lies below the mount may be removed
 * with it, whatever is left in what was mounted.
 */
export async function isWholeDisk(copy: Copy, { connectorOf }: Reach): Promise<boolean> {
  const place = await placeOf(copy, connectorOf)
  if (place === undefined || !isAbsolute(place)) return false
  return isMounted(await realpath(place).catch(() => place))
}

/** Whether its folder is there, and nothing in it. */
export async function isEmptied(copy: Copy, { connectorOf }: Reach): Promise<boolean> {
  const place = await placeOf(copy, connectorOf)
  if (place === undefined || !isAbsolute(place)) return false
  return readdir(place).then(
    (names) => names.length === 0,
    () => false,
  )
}

/** Whether a copy was all of a file system when its destruction began, and nobody saw it emptied since. */
export function mayBeUnmounted(events: readonly LedgerEvent[], { name }: Copy, begun: LedgerEvent): boolean {
  const emptied = events.some(
    ({ type, operation, sequence, body }) =>
      type === 'destruction-finished' &&
      operation === begun.operation &&
      sequence > begun.sequence &&
      body['copy'] === name &&
      body['emptied'] === true,
  )
  return begun.body['mounted'] === true && !emptied
}
