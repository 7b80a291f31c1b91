import type { JsonObject } from '../../packages/core/src/index.ts'
import type { DestructionFacts } from '../../packages/dossier/src/index.ts'
import { loss, order, print, scope, terms } from '../../packages/dossier/test/guard-facts.ts'
import { day, manifest, receipt, sha256 } from '../../packages/dossier/test/support.ts'
import type { EventType, LedgerEvent, PackageRef } from '../../packages/manifest/src/index.ts'
import { type Answer, isClient, type Made, type Model, type Ordered, type Who } from './model.ts'

const fingerprint = { right: 'aaaa-bbbb-cccc', wrong: 'dddd-eeee-ffff' }
const previous = '0'.repeat(64)

/** Names of several, as the ledger has them. */
export const prints = (by: readonly Who[]): string[] => by.map(print)

export const orderDigest: string = sha256('order')

export const refOf = (name: string): PackageRef => ({ package: name, manifestSha256: sha256(name) })

const contractSha256 = (version: number): string =>
  version < 2 ? terms.sha256 : sha256(`amended ${version}`)

/** The ledger that the same commands leave, and all that the guards are given beside it. */
export class World {
  readonly events: LedgerEvent[] = []

  append(m: Model, type: EventType, body: JsonObject, by: Who = 'operator', operation = 'R1'): number {
    // The ledger of a dossier refuses an event dated before the last.
    m.latest = Math.max(m.latest, m.today)
    const at = iso(m.latest)
    this.events.push({
      sequence: this.events.length + 1,
      at,
      operation,
      type,
      body,
      person: print(by),
      previous,
    })
    return this.events.length
  }

  facts(m: Model): DestructionFacts {
    const inForce = contractSha256(m.contract)
    return {
      now: moment(m.today),
      ...(m.ahead !== undefined && { stampedNow: stampOf(m) }),
      operation: 'R1',
      executor: print(m.executor),
      contract: { ...terms, contract: termsOf(m), sha256: inForce, ...(m.authority && { authority }) },
      contractFileSha256: m.fileChanged ? sha256('changed') : inForce,
      events: this.events,
      nested: [],
      ...(m.scope && { scope: signedScope(m.scope) }),
      ...(m.order && { order: signedOrder(m.order) }),
      ...(m.answer && { receipt: signedReceipt(m.answer) }),
      packages: m.packages.map(packageFacts),
      losses: m.packages.some(({ loses }) => loses) ? [loss] : [],
      copies: [
        {
          name: 'records',
          kind: 'source',
          expectedFingerprint: fingerprint.right,
          observedFingerprint: m.system === 'right' ? fingerprint.right : fingerprint.wrong,
          typedFingerprint: m.typed && (m.typed === 'right' ? fingerprint.right : fingerprint.wrong),
          differences: m.changed,
          probeable: true,
        },
      ],
    }
  }

  sighting(m: Model, by: Who, state: 'present' | 'absent', isRight: boolean): void {
    const body = { copy: 'records', fingerprint: isRight ? fingerprint.right : fingerprint.wrong, state }
    this.append(m, 'copy-seen', { ...body, identity: 'uid 1' }, by)
  }
}

const termsOf = ({ accepts, handConsents }: Model): typeof terms.contract => ({
  ...terms.contract,
  receipts: { accepted: accepts, ...(handConsents && { 'handwritten-consent': true }) },
})

const authority = { url: 'https://tsa.example', certificate: new Uint8Array(), fingerprint: '' }
const stampOf = ({ today, ahead = 0 }: Model): string =>
  new Date(moment(today).getTime() + ahead * 60_000).toISOString().replace('.000', '')
const moment = (of: number): Date => new Date(day(of).getTime() + 2 * 3_600_000)
export const iso = (of: number): string => moment(of).toISOString().replace('.000', '')
export const contractDigest = contractSha256
export const receiptDigest = (id: number): string => sha256(`receipt ${id}`)
export const scopeDigest = (s: NonNullable<Model['scope']>): string => sha256(`scope ${JSON.stringify(s)}`)

function signedScope(s: NonNullable<Model['scope']>): NonNullable<DestructionFacts['scope']> {
  const [source] = scope().sources
  const document = scope({ sources: source ? [{ ...source, name: s.names }] : [] })
  return { document, sha256: scopeDigest(s), signers: prints(s.by) }
}

function signedOrder(o: Ordered): NonNullable<DestructionFacts['order']> {
  const print = o.fingerprint === 'right' ? fingerprint.right : fingerprint.wrong
  const document = order({
    operation: o.operation,
    contract: { reference: 'TEST-1', sha256: contractSha256(o.contract) },
    expiresAt: iso(o.expires),
    packages: o.names.map(refOf),
    receiptSha256: receiptDigest(o.answer),
    copies: [{ name: o.copy, kind: 'source', instance: 'PRIM', fingerprint: print }],
  })
  return { document, sha256: orderDigest, signers: prints(o.by) }
}

function signedReceipt(a: Answer): NonNullable<DestructionFacts['receipt']> {
  const usual = receipt(terms.sha256)
  const [quoted] = usual.packages
  const salts = a.salts ? (quoted?.salts ?? {}) : {}
  const document = {
    ...usual,
    packages: a.names.map((name) => ({ ...refOf(name), salts })),
    sources: usual.sources.map((one) => ({ ...one, ...(a.failed && { completeness: 'failed' as const }) })),
    decision: a.decision,
    consent: { destruction: a.consent, accepts: a.acceptsLosses ? [loss] : [] },
  }
  return { document, sha256: receiptDigest(a.id), signers: signersOf(a), form: a.form }
}

/** By X.509 only the client's count at all; a hand is nobody's signature. */
function signersOf({ form, by }: Answer): readonly string[] {
  if (form === 'openpgp') return prints([by])
  return form === 'x509' && isClient(by) ? [sha256('certificate')] : []
}

function packageFacts({ name, pinned, keys, sound }: Made): DestructionFacts['packages'][number] {
  const made = manifest(terms.sha256, keys === 2 ? ['a', 'b'] : ['a', 'a'])
  return {
    ref: refOf(name),
    verdict: sound ? 'valid' : 'invalid',
    manifest: { ...made, package: name, contractPinned: pinned },
  }
}
