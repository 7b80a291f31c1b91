import { areAmong, canBeFound, type Parts, type Sighting } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'

/**
 * Whether parts of a copy are elsewhere in their system by now (`name`), or nobody could see it if they were (`unseen`), by what was
 * written down each time that its destruction began. Undefined where neither is so, or nobody wrote it down.
 */
export function movedParts(
  begun: readonly LedgerEvent[],
  { otherParts }: Pick<Sighting, 'otherParts'>,
): 'name' | 'unseen' | undefined {
  const written = begun.map(({ body }) => body['parts'] as Parts | undefined)
  const others = otherParts ?? {}
  if (written.some((parts) => parts !== undefined && areAmong(parts, others))) return 'name'
  // What was missing by then was judged when it began anew.
  const last = written.at(-1)
  return last === undefined || canBeFound(last, others) ? undefined : 'unseen'
}
