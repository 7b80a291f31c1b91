import type { LedgerEvent } from '@restitute/manifest'
import type { Dossier } from './dossier.ts'
import { bodyText } from './event-body.ts'
import { guardRefused } from './guards/refusal.ts'
import { stateOf } from './operation-state.ts'

/** What to do instead of going on from a delivery of which the source has lost something since. */
export const exportAnew =
  'its destruction has begun: export what is left of it whole, as another restitution (--operation R2, or the next number); the packages that the client has hold the rest'

/**
 * Throws `guard-refused` (guard `unchanged`) for sources of which something may have been destroyed since a package was begun: it
 * would look as if its users had removed it, and a package of what has changed would take it out of what the client restores.
 */
export function assertWholeSince(
  { ledger }: Pick<Dossier, 'ledger'>,
  operation: string,
  base: string,
  sources: readonly string[],
): void {
  const touched = touchedSince(ledger.events(), { operation, package: base })
  const source = sources.find((name) => touched.has(name))
  if (source === undefined) return
  throw guardRefused('unchanged', `${source}: something of it was destroyed since ${base}`, exportAnew)
}

/** Whether something of one of these copies may have been destroyed since the last package of an operation was begun. */
export function isTouched(
  events: readonly LedgerEvent[],
  operation: string,
  copies: readonly string[],
): boolean {
  const last = stateOf(events, operation).packages.at(-1)
  if (last === undefined) return false
  const touched = touchedSince(events, { operation, package: last.package })
  return copies.some((name) => touched.has(name))
}

function touchedSince(
  events: readonly LedgerEvent[],
  base: { readonly operation: string; readonly package: string },
): ReadonlySet<string> {
  const begun = events.find(
    ({ type, operation, body }) =>
      type === 'export-started' && operation === base.operation && body['package'] === base.package,
  )
  const later = events.filter(({ sequence }) => sequence > (begun?.sequence ?? 0))
  const started = later.filter(({ type }) => type === 'destruction-started')
  return new Set(started.filter((one) => !wasUntouched(later, one)).map(({ body }) => bodyText(body, 'copy')))
}

/** It failed before anything was gone. */
function wasUntouched(events: readonly LedgerEvent[], { sequence, body }: LedgerEvent): boolean {
  const next = events.find(
    (event) =>
      event.sequence > sequence &&
      event.type.startsWith('destruction-') &&
      event.body['copy'] === body['copy'],
  )
  return next?.body['untouched'] === true
}
