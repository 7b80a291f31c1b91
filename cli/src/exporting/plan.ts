import { RestituteError } from '@restitute/core'
import { type Dossier, stateOf } from '@restitute/dossier'
import { operationOf } from '../case.ts'

/** The package that an export is to make. */
export interface Plan {
  readonly operation: string
  /** Its place in the delivery, from 1. */
  readonly sequence: number
  readonly name: string
  /** Whether it was begun before. */
  readonly resuming: boolean
}

/**
 * The next place in the delivery, or the one that was begun and not finished. Throws `usage` where `since` is not the
 * package before it.
 */
export function planOf(
  dossier: Dossier,
  options: { readonly operation?: string; readonly since?: string },
): Plan {
  const operation = operationOf(dossier, options.operation)
  const events = dossier.ledger.events().filter((event) => event.operation === operation)
  const { packages } = stateOf(dossier.ledger.events(), operation)
  const sequence = packages.length + 1
  const name = `${operation}-${String(sequence).padStart(4, '0')}`
  const last = packages.at(-1)
  if (last !== undefined && options.since !== last.package) {
    throw new RestituteError('usage', `${operation} already has the package ${last.package}`, {
      hint: `--since ${last.package} makes the package of what has changed`,
    })
  }
  if (last === undefined && options.since !== undefined) {
    throw new RestituteError('usage', `${operation} has no package ${options.since} yet`, {
      hint: 'leave --since out for the first package',
    })
  }
  return {
    operation,
    sequence,
    name,
    resuming: events.some((e) => e.type === 'export-started' && e.body['package'] === name),
  }
}
