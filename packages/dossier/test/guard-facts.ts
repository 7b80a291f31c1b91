import { randomUUID } from 'node:crypto'
import { isoTime, type JsonObject } from '@restitute/core'
import type { AcceptedLoss, Order, Receipt, ReceiptForm, ReceiptTerms, Scope } from '@restitute/manifest'
import { type DestructionFacts, openDossier } from '../src/index.ts'
import {
  day,
  eventsOf,
  manifest,
  type Name,
  newDossier,
  people,
  receipt,
  type Step,
  sha256,
} from './support.ts'

const keys = await people()

export const print = (name: Name): string => keys[name].fingerprint

/** The contract of the tests, as any dossier loads it. */
export const { terms } = await openDossier(await newDossier())

/** The same with these forms of receipt. */
export const accepting = (receipts: ReceiptTerms): typeof terms => ({
  ...terms,
  contract: { ...terms.contract, receipts },
})

/** The event of a receipt in another form than by OpenPGP, taken in by somebody. */
export const takenIn = (form: ReceiptForm, by: Name = 'authoriser-1'): Partial<Record<string, Step[]>> => ({
  acknowledged: [
    [
      day(3),
      'acknowledged',
      { receiptSha256: received, decision: 'accepted', consent: true, signers: [], form },
      print(by),
    ],
  ],
})

export const ref = { package: 'R1-0001', manifestSha256: sha256('manifest') }
export const loss: AcceptedLoss = {
  source: 'records',
  commitment: sha256('item'),
  state: 'lost',
  reason: 'unreadable',
}
export const received = sha256('receipt')

/** The event of a signature on the order. */
export const signed = (by: Name): Step => [
  day(4),
  'order-signed',
  { orderSha256: sha256('order'), signer: print(by) },
  print(by),
]

/** The events of a case in which everything is as it should be; `change` puts something else in the place of a type. */
export function steps(change: Partial<Record<string, Step[]>> = {}): Step[] {
  const usual: Step[] = [
    [
      day(0),
      'contract-pinned',
      { sha256: terms.sha256, signers: [print('host'), print('client-1')] },
      print('host'),
      'dossier',
    ],
    [day(1), 'scoped', { scopeSha256: sha256('scope'), signers: [print('host'), print('client-1')] }],
    [day(1), 'exported', { ...ref, sequence: 1, incomplete: false }],
    [day(2), 'delivered', { packages: [ref], place: 'vault', channel: 'directory' }],
    [
      day(3),
      'acknowledged',
      {
        receiptSha256: received,
        decision: 'accepted',
        consent: true,
        signers: [print('client-1')],
        signedAt: isoTime(day(3)),
      },
    ],
    [day(4), 'notice', { sha256: sha256('notice'), signers: [print('host')] }],
    ...(change['order-signed'] ?? [signed('authoriser-1'), signed('authoriser-2')]),
    [
      day(5),
      'copy-seen',
      { copy: 'records', fingerprint: 'aaaa-bbbb-cccc', identity: 'uid 1', state: 'present' },
      print('verifier'),
    ],
  ]
  const changed = usual.flatMap((step) => (step[1] === 'order-signed' ? [step] : (change[step[1]] ?? [step])))
  return [...changed, ...(change['more'] ?? [])]
}

export function order(change: Partial<Order> = {}): Order {
  return {
    schema: 'restitute/order/v1',
    id: randomUUID(),
    createdAt: isoTime(day(5)),
    contract: { reference: 'TEST-1', sha256: terms.sha256 },
    operation: 'R1',
    expiresAt: isoTime(day(60)),
    packages: [ref],
    receiptSha256: received,
    copies: [{ name: 'records', kind: 'source', instance: 'PRIM', fingerprint: 'aaaa-bbbb-cccc' }],
    ledger: { sequence: 7, sha256: sha256('head') },
    ...change,
  }
}

export function scope(change: Partial<Scope> = {}): Scope {
  return {
    schema: 'restitute/scope/v1',
    id: randomUUID(),
    createdAt: isoTime(day(1)),
    contract: { reference: 'TEST-1', sha256: terms.sha256 },
    operation: 'R1',
    sources: [
      {
        name: 'records',
        instance: 'PRIM',
        kind: 'sqlite',
        fingerprint: 'aaaa-bbbb-cccc',
        items: 1,
        bytes: 1,
      },
    ],
    copies: [],
    leftOut: [],
    ...change,
  }
}

/** A scope that names another system for every source. */
export function signedFor(fingerprint: string): Change {
  const sources = scope().sources.map((source) => ({ ...source, fingerprint }))
  return { scope: { document: scope({ sources }), sha256: sha256('scope'), signers: [] } }
}

export type Change = Omit<Partial<DestructionFacts>, 'order' | 'receipt' | 'events'> & {
  readonly steps?: Partial<Record<string, Step[]>>
  readonly order?: Partial<Order>
  readonly orderSigners?: readonly Name[]
  readonly receipt?: Partial<Receipt>
  readonly receiptSigners?: readonly Name[]
  readonly form?: ReceiptForm
  readonly recipients?: readonly string[]
}

export function facts(change: Change = {}): DestructionFacts {
  const {
    steps: changed,
    order: ordered,
    orderSigners,
    receipt: answered,
    receiptSigners,
    form,
    recipients,
    ...rest
  } = change
  return {
    now: day(40),
    operation: 'R1',
    executor: print('operator'),
    contract: terms,
    contractFileSha256: terms.sha256,
    events: eventsOf(steps(changed), print('operator')),
    nested: [],
    scope: { document: scope(), sha256: sha256('scope'), signers: [print('host'), print('client-1')] },
    order: {
      document: order(ordered),
      sha256: sha256('order'),
      signers: (orderSigners ?? ['authoriser-1', 'authoriser-2']).map(print),
    },
    receipt: {
      document: receipt(terms.sha256, answered),
      sha256: received,
      signers: (receiptSigners ?? ['client-1']).map(print),
      form: form ?? 'openpgp',
    },
    packages: [{ ref, verdict: 'valid', manifest: manifest(terms.sha256, recipients ?? ['a', 'b']) }],
    losses: [],
    copies: [copy()],
    ...rest,
  }
}

export function copy(
  change: Partial<DestructionFacts['copies'][number]> = {},
): DestructionFacts['copies'][number] {
  const fingerprint = 'aaaa-bbbb-cccc'
  return {
    name: 'records',
    kind: 'source',
    expectedFingerprint: fingerprint,
    observedFingerprint: fingerprint,
    typedFingerprint: fingerprint,
    differences: 0,
    probeable: true,
    ...change,
  }
}

export const seen = (
  body: JsonObject,
  by: Name = 'verifier',
  at = day(5),
): Partial<Record<string, Step[]>> => ({
  'copy-seen': [
    [
      at,
      'copy-seen',
      { copy: 'records', fingerprint: 'aaaa-bbbb-cccc', identity: 'uid 1', state: 'present', ...body },
      print(by),
    ],
  ],
})
export const more = (...added: Step[]): Pick<Change, 'steps'> => ({ steps: { more: added } })
export const other = { package: 'R1-0002', manifestSha256: sha256('other') }
