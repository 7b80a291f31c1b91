import type { Json } from '@restitute/core'
import { canonicalJson, type EventType, type LedgerEvent } from '@restitute/manifest'
import { checkpointHolds } from '../checkpoints.ts'
import { type Finding, finding } from '../findings.ts'
import { attemptsUnder, type Claims, orderOf, ownEvents } from './claims.ts'

/** The checkpoints of certificate and order are lines of this ledger. */
export function checkpointsHold(claims: Claims): Finding[] {
  const { ledger, certificate } = claims
  if (!ledger) return []
  const order = orderOf(claims)
  return [
    ...checkpointHolds('certificate', certificate.ledger, ledger),
    ...(order ? checkpointHolds('order', order.ledger, ledger) : []),
    ...claims.manifests.flatMap(({ manifest }) =>
      manifest.ledger ? checkpointHolds(manifest.package, manifest.ledger, ledger) : [],
    ),
  ]
}

/** What must have happened, and be recorded, before anything was destroyed. */
export function eventsPrecede(claims: Claims): Finding[] {
  const { certificate, ledger } = claims
  if (!ledger) return []
  const first = attemptsUnder(claims)[0]?.sequence ?? Number.POSITIVE_INFINITY
  const before = ownEvents(claims).filter(({ sequence }) => sequence < first)
  const missing = (type: EventType, what: string, fits: (event: LedgerEvent) => boolean): Finding[] =>
    before.some((event) => event.type === type && fits(event))
      ? []
      : [finding('event-missing', type, `no record, before any destruction, ${what}`)]
  const { receiptSha256, orderSha256 } = certificate
  return [
    ...certificate.packages.flatMap(({ package: name, manifestSha256 }) =>
      missing('delivered', `that ${name} was delivered`, ({ body }) =>
        delivers(body['packages'], manifestSha256),
      ),
    ),
    ...missing('acknowledged', 'of the receipt', ({ body }) => body['receiptSha256'] === receiptSha256),
    ...missing('order-written', 'of the order', ({ body }) => body['orderSha256'] === orderSha256),
    ...certificate.authorisers.flatMap((signer) =>
      missing(
        'order-signed',
        `that ${signer} signed the order`,
        ({ body }) => body['orderSha256'] === orderSha256 && body['signer'] === signer,
      ),
    ),
  ]
}

function delivers(packages: Json | undefined, manifestSha256: string): boolean {
  const all: readonly Json[] = Array.isArray(packages) ? packages : []
  return all.some((one) => canonicalJson(one).includes(`"manifestSha256":"${manifestSha256}"`))
}

/** The form of the receipt is the one that the ledger recorded: nobody makes a signature out of a scan. */
export function receiptFormFollows(claims: Claims): Finding[] {
  const { receiptSha256, receiptForm } = claims.certificate
  const recorded = ownEvents(claims).find(
    ({ type, body }) => type === 'acknowledged' && body['receiptSha256'] === receiptSha256,
  )
  if (recorded === undefined) return []
  const compared = { expected: formOf(recorded.body['form']), got: formOf(receiptForm) }
  if (compared.expected === compared.got) return []
  return [
    finding('receipt-differs', 'receiptForm', 'the ledger recorded the receipt in another form', compared),
  ]
}

function formOf(form: Json | undefined): string {
  return typeof form === 'string' ? form : 'openpgp'
}

/** Every contract that certificate, order and packages name was pinned. */
export function contractsPinned(claims: Claims): Finding[] {
  if (!claims.ledger) return []
  const pins = claims.ledger.events.filter(
    ({ type }) => type === 'contract-pinned' || type === 'contract-amended',
  )
  const pinned = new Set(pins.map(({ body }) => body['sha256']))
  const documents = [claims.certificate, orderOf(claims), ...claims.manifests.map(({ manifest }) => manifest)]
  const named = new Set(documents.map((document) => document?.contract.sha256))
  return [...named]
    .filter((sha256) => sha256 !== undefined && !pinned.has(sha256))
    .map((sha256) =>
      finding('event-missing', 'contract-pinned', 'no record that this contract was pinned', {
        expected: sha256 ?? '',
      }),
    )
}

/** No attempt began after the order had expired. */
export function orderInForce(claims: Claims): Finding[] {
  const expires = orderOf(claims)?.expiresAt
  if (expires === undefined) return []
  return attemptsUnder(claims)
    .filter(({ at }) => at > expires)
    .map(({ at, sequence }) =>
      finding('order-expired', `event ${sequence}`, 'a destruction began after the order had expired', {
        expected: `before ${expires}`,
        got: at,
      }),
    )
}

/** The ledger records that this certificate was issued. */
export function issueRecorded(claims: Claims): Finding[] {
  const { ledger, digests } = claims
  if (!ledger) return []
  const recorded = ledger.events.some(
    ({ type, body }) => type === 'certified' && body['certificateSha256'] === digests.certificate,
  )
  return recorded
    ? []
    : [finding('unrecorded', 'certificate', 'the ledger does not record that it was issued')]
}
