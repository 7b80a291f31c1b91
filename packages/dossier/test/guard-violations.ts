import { isoTime } from '@restitute/core'
import type { Manifest } from '@restitute/manifest'
import type { Verdict } from '@restitute/verify'
import { openDossier } from '../src/index.ts'
import {
  type Change,
  copy,
  loss,
  more,
  order,
  other,
  print,
  ref,
  scope,
  seen,
  signed,
  signedFor,
  steps,
  terms,
} from './guard-facts.ts'
import { partsViolations } from './parts-violations.ts'
import { receiptViolations, type Violation } from './receipt-violations.ts'
import { contractText, day, indexName, manifest, newDossier, receipt, salt, sha256 } from './support.ts'

const threeAuthorisers = contractText.replace('deadlines:', 'approval: { authorisers: 3 }\ndeadlines:')
const { terms: strictTerms } = await openDossier(await newDossier(threeAuthorisers))

const stampedTerms = {
  ...terms,
  authority: { url: 'https://tsa.example', certificate: new Uint8Array(), fingerprint: '' },
}

const delivery = (verdict: Verdict, more: Partial<Manifest> = {}): Change => ({
  packages: [{ ref, verdict, manifest: { ...manifest(terms.sha256, ['a', 'b']), ...more } }],
})

const bareReceipt = (): Change => ({
  receipt: { packages: [{ ...ref, salts: { [indexName]: sha256('x') } }] },
})

/** What breaks one guard and no other: guard, what happened, how the facts change, the reason that is given. */
export const violations: readonly Violation[] = [
  ...receiptViolations,
  ...partsViolations,
  [
    'contract-pinned',
    'nothing was signed',
    () => ({ steps: { 'contract-pinned': [] } }),
    /not signed by both/,
  ],
  [
    'contract-pinned',
    'contract.yaml is another one',
    () => ({ contractFileSha256: sha256('x') }),
    /contract.yaml is not/,
  ],
  [
    'contract-pinned',
    'the package was made before the signatures',
    () => ({
      packages: [
        {
          ref,
          verdict: 'valid',
          manifest: { ...manifest(terms.sha256, ['a', 'b']), contractPinned: false },
        },
      ],
    }),
    /R1-0001 was not exported under/,
  ],
  [
    'contract-pinned',
    'the package was made under a contract never signed',
    () => ({ packages: [{ ref, verdict: 'valid', manifest: manifest(sha256('x'), ['a', 'b']) }] }),
    /R1-0001/,
  ],
  ['scope', 'there is none', () => ({ steps: { scoped: [] } }), /no scope/],
  [
    'scope',
    'its document is gone',
    () => ({ scope: { document: scope(), sha256: sha256('other'), signers: [] } }),
    /not at hand/,
  ],
  [
    'scope',
    'it does not name a source of the order',
    () => ({ scope: { document: scope({ sources: [] }), sha256: sha256('scope'), signers: [] } }),
    /source records, which is not in the signed scope/,
  ],
  [
    'scope',
    'it names a source where the order names a backup',
    () => ({
      order: { copies: [...order().copies, { name: 'nightly', kind: 'backup', instance: 'PRIM' }] },
    }),
    /backup nightly, which is not in the signed scope/,
  ],
  [
    'scope',
    'the client did not sign it',
    () => ({
      steps: { scoped: [[day(1), 'scoped', { scopeSha256: sha256('s'), signers: [print('host')] }]] },
    }),
    /not signed by the client/,
  ],
  [
    'scope',
    'the host did not sign it',
    () => ({
      steps: { scoped: [[day(1), 'scoped', { scopeSha256: sha256('s'), signers: [print('client-1')] }]] },
    }),
    /not signed by the host/,
  ],
  [
    'scope',
    'it is of another operation',
    () => {
      const scoped = { scopeSha256: sha256('s'), signers: [print('host'), print('client-1')] }
      return { steps: { scoped: [[day(1), 'scoped', scoped, print('host'), 'R2']] } }
    },
    /no scope/,
  ],
  [
    'scope',
    'the contract was amended since',
    () => more([day(6), 'contract-amended', { sha256: terms.sha256 }, print('host'), 'dossier']),
    /amended/,
  ],
  [
    'delivery-valid',
    'a package does not verify',
    () => delivery('invalid'),
    /R1-0001 does not verify: invalid/,
  ],
  ['delivery-valid', 'a package could not be checked', () => delivery('could-not-check'), /could-not-check/],
  [
    'delivery-valid',
    'the ledger was brought back from before the export, and went on otherwise',
    () => delivery('valid', { ledger: { sequence: 1, sha256: sha256('otherwise') } }),
    /R1-0001 pins event 1 of another ledger/,
  ],
  ['delivery-valid', 'it is encrypted to one key alone', () => ({ recipients: ['a', 'a'] }), /one key alone/],
  [
    'delivery-valid',
    'a later package was not delivered',
    () => more([day(6), 'exported', { ...other, sequence: 2, incomplete: false }]),
    /not all that were exported/,
  ],
  ['receipt', 'the host signed it', () => ({ receiptSigners: ['host'] }), /not signed by the client/],
  [
    'receipt',
    'the client has reservations',
    () => ({ receipt: { decision: 'reservations', reservations: ['one image'] } }),
    /decision is reservations/,
  ],
  ['receipt', 'the client refuses', () => ({ receipt: { decision: 'refused' } }), /decision is refused/],
  [
    'receipt',
    'a check failed',
    () => ({
      receipt: { sources: receipt('').sources.map((s) => ({ ...s, integrity: 'failed' as const })) },
    }),
    /check of source records failed/,
  ],
  ['receipt', 'the salts are wrong', bareReceipt, /salt/],
  [
    'receipt',
    'it names another delivery',
    () => ({
      receipt: {
        packages: [
          { ...ref, salts: { [indexName]: salt } },
          { ...other, salts: {} },
        ],
      },
    }),
    /another delivery/,
  ],
  ['receipt', 'it is of another operation', () => ({ receipt: { operation: 'R2' } }), /operation R2/],
  [
    'receipt',
    'a newer one was recorded',
    () =>
      more([
        day(6),
        'acknowledged',
        {
          receiptSha256: sha256('newer'),
          decision: 'accepted',
          consent: true,
          signers: [print('client-1')],
        },
      ]),
    /recorded last/,
  ],
  [
    'consent',
    'it was not given',
    () => ({ receipt: { consent: { destruction: false, accepts: [] } } }),
    /not consented/,
  ],
  ['consent', 'it leaves out a lost item', () => ({ losses: [loss] }), /1 lost or excluded items of records/],
  [
    'consent',
    'it accepts another item',
    () => ({
      losses: [loss],
      receipt: { consent: { destruction: true, accepts: [{ ...loss, commitment: sha256('y') }] } },
    }),
    /1 lost/,
  ],
  [
    'authorised',
    'one has signed',
    () => ({ orderSigners: ['authoriser-1'] }),
    /expected 2 distinct authorisers on the order, got 1/,
  ],
  ['authorised', 'one has signed twice', () => ({ orderSigners: ['authoriser-1', 'authoriser-1'] }), /got 1/],
  [
    'authorised',
    'the second is no authoriser',
    () => ({ orderSigners: ['authoriser-1', 'verifier'] }),
    /got 1/,
  ],
  ['authorised', 'the second is a stranger', () => ({ orderSigners: ['authoriser-1', 'stranger'] }), /got 1/],
  [
    'authorised',
    'the ledger does not hold that the second signed',
    () => ({ steps: { 'order-signed': [signed('authoriser-1')] } }),
    /got 1.*the ledger does not hold/,
  ],
  [
    'authorised',
    'the contract asks for three',
    () => ({ contract: { ...terms, contract: strictTerms.contract } }),
    /expected 3/,
  ],
  ['authorised', 'an authoriser executes', () => ({ executor: print('authoriser-1') }), /operator/],
  ['authorised', 'a stranger executes', () => ({ executor: print('stranger') }), /operator/],
  ['authorised', 'the order has expired', () => ({ order: { expiresAt: isoTime(day(40)) } }), /expired/],
  [
    'authorised',
    'the order is for another receipt',
    () => ({ order: { receiptSha256: sha256('x') } }),
    /another receipt/,
  ],
  [
    'authorised',
    'the order is for another operation',
    () => ({ order: { operation: 'R2' } }),
    /operation R2/,
  ],
  [
    'authorised',
    'the order is for another contract',
    () => ({ order: { contract: { reference: 'TEST-1', sha256: sha256('x') } } }),
    /another contract/,
  ],
  [
    'authorised',
    'the order does not name the copy',
    () => ({ order: { copies: [{ name: 'vault/R1-0001', kind: 'package', instance: 'S' }] } }),
    /does not name the copy records/,
  ],
  [
    'floors',
    'the notice period runs',
    () => ({ now: day(24) }),
    /notice \(P21D\) runs until 2026-01-30T23:00:00Z/,
  ],
  ['floors', 'no notice was given', () => ({ steps: { notice: [] } }), /notice \(P21D\) has not begun/],
  [
    'floors',
    'the clock runs backwards',
    () => ({ steps: { more: [[day(50), 'requested', {}]] } }),
    /before event 10/,
  ],
  [
    'floors',
    'an authority is named, and was not asked',
    () => ({ contract: stampedTerms }),
    /the time-stamping authority has not said what time it is/,
  ],
  [
    'floors',
    'the host is ahead of the authority, whose clock says that the notice runs',
    () => ({ contract: stampedTerms, stampedNow: isoTime(day(20)) }),
    /the clock of this machine says .*, that of the time-stamping authority .*: more than five minutes apart/,
  ],
  [
    'floors',
    'the host is behind the authority',
    () => ({ contract: stampedTerms, stampedNow: isoTime(new Date(day(40).getTime() + 301_000)) }),
    /more than five minutes apart/,
  ],
  [
    'floors',
    'the notice runs for some minutes more by the clock of the authority, and not by that of the host',
    () => ({
      contract: stampedTerms,
      now: new Date('2026-01-30T23:00:01Z'),
      stampedNow: '2026-01-30T22:58:00Z',
    }),
    /notice \(P21D\) runs until 2026-01-30T23:00:00Z/,
  ],
  [
    'no-contest',
    'the client contests',
    () => more([day(6), 'contest', { sha256: sha256('c'), signers: [] }]),
    /contest of event 10 is open/,
  ],
  [
    'no-contest',
    'there is a hold on the whole case',
    () => more([day(6), 'hold', { sha256: sha256('h'), signers: [] }, print('host'), 'dossier']),
    /hold of event 10/,
  ],
  [
    'no-contest',
    'the client withdrew',
    () => more([day(6), 'withdrawal', { sha256: sha256('w'), signers: [print('client-1')] }]),
    /withdrawal of event 10/,
  ],
  [
    'tenant',
    'it is another system',
    () => ({ copies: [copy({ observedFingerprint: 'dddd-eeee-ffff' })] }),
    /records: expected fingerprint aaaa-bbbb-cccc, got dddd-eeee-ffff/,
  ],
  ['tenant', 'both have signed for another', () => signedFor('dddd'), /expected dddd, which the signed/],
  [
    'tenant',
    'it cannot be read',
    () => ({ copies: [copy({ observedFingerprint: undefined })] }),
    /cannot be read/,
  ],
  ['tenant', 'nothing was typed', () => ({ copies: [copy({ typedFingerprint: undefined })] }), /not typed/],
  [
    'tenant',
    'another one was typed',
    () => ({ copies: [copy({ typedFingerprint: 'aaaa-bbbb-cccd' })] }),
    /typed is another one/,
  ],
  [
    'tenant',
    'it was never recorded',
    () => ({
      copies: [copy({ name: 'x', kind: 'work', expectedFingerprint: undefined, probeable: false })],
      order: { copies: [{ name: 'x', kind: 'work', instance: 'S' }] },
    }),
    /never recorded/,
  ],
  [
    'tenant',
    'the order says another one',
    () => ({
      order: { copies: [{ name: 'records', kind: 'source', instance: 'PRIM', fingerprint: 'x' }] },
    }),
    /the order says x/,
  ],
  [
    'unchanged',
    'one item differs',
    () => ({ copies: [copy({ differences: 1 })] }),
    /records: 1 item not as delivered/,
  ],
  [
    'unchanged',
    'it was not compared',
    () => ({ copies: [copy({ differences: undefined })] }),
    /not compared/,
  ],
  ['probe-ready', 'nobody saw the copy', () => ({ steps: { 'copy-seen': [] } }), /records: no verifier/],
  [
    'probe-ready',
    'somebody without the role saw it',
    () => ({ steps: seen({}, 'authoriser-1') }),
    /no verifier/,
  ],
  [
    'probe-ready',
    'it was seen before the delivery',
    () => ({
      steps: {
        ...seen({}),
        scoped: [
          ...steps().filter(([, type]) => type === 'scoped'),
          ...(seen({}, 'verifier', day(1))['copy-seen'] ?? []),
        ],
        'copy-seen': [],
      },
    }),
    /no verifier/,
  ],
  ['probe-ready', 'another system was seen', () => ({ steps: seen({ fingerprint: 'x' }) }), /no verifier/],
  ['probe-ready', 'it was seen to be absent', () => ({ steps: seen({ state: 'absent' }) }), /no verifier/],
]
