import type { LedgerEvent } from '@restitute/manifest'

/** Fingerprints of everyone whose signature on an order these events hold; a signature file alone is none, for a crash may have left it. */
export function orderSigners(events: readonly LedgerEvent[], orderSha256: unknown): ReadonlySet<unknown> {
  const signed = events.filter(
    ({ type, body }) => type === 'order-signed' && body['orderSha256'] === orderSha256,
  )
  return new Set(signed.map(({ body }) => body['signer']))
}
