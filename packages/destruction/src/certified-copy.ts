import type { Json } from '@restitute/core'
import type {
  CertifiedCopy,
  Contract,
  KeptPart,
  LedgerEvent,
  OrderedCopy,
  Receipt,
} from '@restitute/manifest'
import { countryOf, declarationIn, deliveredOf } from '@restitute/verify'
import type { CopyHistory } from './events.ts'
import { outcomeOf } from './outcome.ts'

/** One line of the certificate, derived from the order, the ledger and the client's receipt. */
export function certifiedCopy(
  copy: OrderedCopy,
  history: CopyHistory,
  o: { readonly contract: Contract; readonly receipt: Receipt },
): CertifiedCopy {
  return {
    name: copy.name,
    kind: copy.kind,
    instance: copy.instance,
    country: countryOf(copy, o.contract),
    outcome: outcomeOf(copy, history),
    ...(copy.fingerprint === undefined ? {} : { fingerprint: copy.fingerprint }),
    ...deliveredOf(copy, o.receipt),
    ...(history.started ? attempt(history.started) : {}),
    ...(history.finished ? end(history.finished) : {}),
    ...(history.probed ? { probe: probe(history.probed) } : {}),
    ...(history.declared ? declarationMember(history.declared) : {}),
    ...(copy.heldBy === undefined ? {} : { heldBy: copy.heldBy }),
    ...(copy.deferredUntil === undefined ? {} : { deferredUntil: copy.deferredUntil }),
    ...(copy.bypassGovernance === undefined ? {} : { bypassGovernance: copy.bypassGovernance }),
  }
}

function attempt({ at, body }: LedgerEvent): Pick<CertifiedCopy, 'startedAt' | 'stampedAt' | 'method'> {
  const category = body['category'] as NonNullable<CertifiedCopy['method']>['category']
  return {
    startedAt: at,
    ...(body['stampedAt'] === undefined ? {} : { stampedAt: text(body['stampedAt']) }),
    method: { category, technique: text(body['technique']), limits: texts(body['limits']) },
  }
}

function end({ at, body }: LedgerEvent): Pick<CertifiedCopy, 'finishedAt' | 'steps'> {
  return { finishedAt: at, steps: Number(body['steps']) }
}

function probe({ at, body }: LedgerEvent): NonNullable<CertifiedCopy['probe']> {
  const state = body['state'] as NonNullable<CertifiedCopy['probe']>['state']
  return {
    at,
    state,
    identity: text(body['identity']),
    looked: texts(body['looked']),
    limits: texts(body['limits']),
    ...(body['kept'] === undefined ? {} : { kept: body['kept'] as unknown as readonly KeptPart[] }),
  }
}

function declarationMember(event: LedgerEvent): Pick<CertifiedCopy, 'declaration'> {
  const declaration = declarationIn(event)
  return declaration === undefined ? {} : { declaration }
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(text) : []
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
