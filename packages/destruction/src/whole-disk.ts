import { readdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute } from 'node:path'
import type { LedgerEvent } from '@restitute/manifest'
import type { Copy } from './copies.ts'
import { placeOf } from './place-of.ts'
import type { Reach } from './reach.ts'

/**
 * Whether a copy is all of a file system that is mounted in its place: the folder below the mount may be removed with it, whatever is left
 * on that file system.
 */
export async function isWholeDisk(copy: Copy, { connectorOf }: Reach): Promise<boolean> {
  const place = await placeOf(copy, connectorOf)
  if (place === undefined || !isAbsolute(place)) return false
  const [own, above] = await Promise.all(
    [place, dirname(place)].map((path) => stat(path).catch(() => undefined)),
  )
  return own !== undefined && above !== undefined && own.dev !== above.dev
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
