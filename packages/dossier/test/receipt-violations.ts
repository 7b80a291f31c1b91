import { isoTime, type JsonObject } from '@restitute/core'
import { accepting, type Change, print, received, takenIn } from './guard-facts.ts'
import { day, type Step, sha256 } from './support.ts'

/** What breaks one guard and no other: guard, what happened, how the facts change, the reason that is given. */
export type Violation = readonly [guard: string, what: string, change: () => Change, reason: RegExp]

/** The event of the client's answer, signed on one day and recorded on the next. */
const answered = (signedOn: number, answer: JsonObject): Step => {
  const body = { signers: [print('client-1')], signedAt: isoTime(day(signedOn)), consent: true, ...answer }
  return [day(3), 'acknowledged', body]
}

/** Those by the form of a receipt, and by what else the client has said. */
export const receiptViolations: readonly Violation[] = [
  [
    'receipt',
    'the client had refused after it signed this one, which was kept back',
    () => ({
      steps: {
        acknowledged: [
          answered(3, { receiptSha256: sha256('refusal'), decision: 'refused', consent: false }),
          answered(2, { receiptSha256: received, decision: 'accepted' }),
        ],
      },
    }),
    /the client signed another answer after it, recorded as event 5/,
  ],
  [
    'receipt',
    'it is signed by X.509, which the contract does not accept',
    () => ({ form: 'x509', receiptSigners: ['client-1'], steps: takenIn('x509') }),
    /no receipt of the form x509/,
  ],
  [
    'receipt',
    'it is signed by X.509 by nobody who may',
    () => ({
      contract: accepting({ accepted: ['x509'] }),
      form: 'x509',
      receiptSigners: [],
      steps: takenIn('x509'),
    }),
    /not signed by the client/,
  ],
  [
    'receipt',
    'it is signed by hand, which the contract does not accept',
    () => ({
      contract: accepting({ accepted: ['openpgp'], 'handwritten-consent': true }),
      form: 'handwritten',
      receiptSigners: [],
      steps: takenIn('handwritten'),
    }),
    /no receipt of the form handwritten/,
  ],
  [
    'receipt',
    'who executes has taken in what is signed by hand',
    () => ({
      contract: accepting({ accepted: ['openpgp', 'handwritten'], 'handwritten-consent': true }),
      form: 'handwritten',
      receiptSigners: [],
      steps: takenIn('handwritten', 'operator'),
    }),
    /rests on their word/,
  ],
  [
    'receipt',
    'the contract no longer accepts OpenPGP',
    () => ({ contract: accepting({ accepted: ['x509'] }) }),
    /no receipt of the form openpgp/,
  ],
  [
    'receipt',
    'it was recorded as signed by hand and is shown as signed',
    () => ({
      contract: accepting({ accepted: ['openpgp', 'handwritten'], 'handwritten-consent': true }),
      steps: takenIn('handwritten'),
    }),
    /another form/,
  ],
  [
    'consent',
    'it is signed by hand, and the contract does not let a hand consent',
    () => ({
      contract: accepting({ accepted: ['openpgp', 'handwritten'] }),
      form: 'handwritten',
      receiptSigners: [],
      steps: takenIn('handwritten'),
    }),
    /signed by hand, which the contract does not accept/,
  ],
]
