import { type Dossier, signedDocument } from '@restitute/dossier'
import type { Order, Sha256 } from '@restitute/manifest'

/** Every order that was ever written in an operation, oldest first: it may be brought to its end by several, each for a part. */
export async function ordersOf(
  dossier: Dossier,
  operation: string,
): Promise<readonly { readonly document: Order; readonly sha256: Sha256 }[]> {
  const events = dossier.ledger.events()
  const written = events.filter((event) => event.type === 'order-written' && event.operation === operation)
  return Promise.all(
    written.map(({ body }) => signedDocument(dossier, 'order', body['orderSha256'] as string)),
  )
}
