import { type Dossier, mediaOf, stateOf } from '@restitute/dossier'
import { type CopyKind, isClosed, type Order, type OrderedCopy } from '@restitute/manifest'
import { signedScope } from './authority.ts'
import { workCopy } from './copies.ts'
import { historyOf } from './events.ts'
import { ordersOf } from './orders.ts'
import { outcomeOf } from './outcome.ts'

/** What an order has to name to end an operation. */
interface Wanted {
  readonly name: string
  readonly fits: (copy: OrderedCopy) => boolean
}

/**
 * Names of the copies that this order leaves alone and that no other order of the operation has brought to an end: out of
 * the signed scope, and the packages and the work folder that the export itself made. While there is one, no certificate
 * under the order is final.
 */
export async function leftAlone(
  dossier: Dossier,
  operation: string,
  order: Order,
): Promise<readonly string[]> {
  const done = [...order.copies, ...(await closedElsewhere(dossier, operation))]
  const wanted = await wantedCopies(dossier, operation)
  return wanted.filter(({ fits }) => !done.some(fits)).map(({ name }) => name)
}

async function wantedCopies(dossier: Dossier, operation: string): Promise<readonly Wanted[]> {
  const scope = await signedScope(dossier, operation)
  const events = dossier.ledger.events()
  const state = stateOf(events, operation)
  const { sources, copies } = scope?.document ?? { sources: [], copies: [] }
  const named = (kind: CopyKind, name: string): Wanted => ({
    name,
    fits: (copy) => copy.kind === kind && copy.name === name,
  })
  return [
    ...sources.map(({ name }) => named('source', name)),
    ...copies.map(({ kind, name }) => named(kind, name)),
    ...state.packages.map((ref) => ({
      name: ref.package,
      fits: ({ kind, name }: OrderedCopy) => kind === 'package' && name.endsWith(`/${ref.package}`),
    })),
    // A part leaves the work folder to the operations that still need it.
    ...(state.sources === undefined ? [named('work', workCopy)] : []),
    ...mediaOf(events, operation).map(({ name }) => named('medium', name)),
  ]
}

async function closedElsewhere(dossier: Dossier, operation: string): Promise<readonly OrderedCopy[]> {
  const events = dossier.ledger.events()
  const orders = await ordersOf(dossier, operation)
  return orders.flatMap(({ document, sha256 }) =>
    document.copies.filter((copy) =>
      isClosed(outcomeOf(copy, historyOf(events, { sha256, operation }, copy))),
    ),
  )
}
