import { isoTime, RestituteError } from '@restitute/core'
import {
  type EventType,
  type Fingerprint,
  type IsoTime,
  type LedgerEvent,
  type Mandate,
  type MandatedCommand,
  readDocument,
} from '@restitute/manifest'
import { type PublicKey, readPublicKey } from '@restitute/seal'
import type { LoadedContract } from './contract/loaded.ts'
import { bodyText } from './event-body.ts'
import type { DossierPaths } from './paths.ts'
import { allKeys } from './signatures.ts'
import { findDocument } from './signed-documents.ts'

/** A key that may act alone for a while (R50): a person has signed its mandate. */
export interface MandatedKey {
  readonly key: PublicKey
  readonly commands: readonly MandatedCommand[]
  /** Sequence number of the event that brought it in force. */
  readonly sequence: number
  readonly expiresAt: IsoTime
}

/** What a command may write; nothing that authorises, destroys or certifies is among it. */
const eventsOfCommand: Readonly<Record<MandatedCommand, readonly EventType[]>> = {
  export: ['export-started', 'exported'],
  deliver: ['delivery-started', 'delivered'],
  rehearse: ['rehearsed'],
}

/**
 * The keys that mandates of this ledger name. That each mandate is signed by a person of the host is for the
 * check of the evidence to say; one whose document is missing or cannot be read gives no key.
 */
export async function mandatedKeys(
  paths: DossierPaths,
  events: readonly LedgerEvent[],
): Promise<MandatedKey[]> {
  const keys: MandatedKey[] = []
  for (const { sequence, body } of events.filter(({ type }) => type === 'mandate')) {
    const mandate = await mandateOf(paths, bodyText(body, 'sha256'))
    if (mandate !== undefined) keys.push({ ...mandate, sequence })
  }
  return keys
}

async function mandateOf(
  paths: DossierPaths,
  sha256: string,
): Promise<Omit<MandatedKey, 'sequence'> | undefined> {
  try {
    const stored = await findDocument(paths, sha256)
    const mandate: Mandate | undefined = stored && readDocument('mandate', stored.bytes)
    if (mandate === undefined) return undefined
    const { commands, expiresAt } = mandate
    return { key: await readPublicKey(Buffer.from(mandate.key)), commands, expiresAt }
  } catch {
    return undefined
  }
}

/** What somebody does by a key that is no person's of the contract in force. */
export interface MandatedAct {
  readonly person: Fingerprint
  readonly type: EventType
  readonly at: IsoTime
  readonly sequence: number
}

/** Why a key may not do this under any of these mandates; undefined when it may. */
export function mandateProblem(mandates: readonly MandatedKey[], act: MandatedAct): string | undefined {
  const own = mandates.filter(({ key }) => key.fingerprint === act.person)
  if (own.length === 0) return 'the key belongs to nobody in the contract, and no mandate names it'
  const fitting = own.filter(({ commands }) =>
    commands.some((name) => eventsOfCommand[name].includes(act.type)),
  )
  if (fitting.length === 0) return `no mandate lets this key record ${act.type}`
  const inForce = fitting.filter(({ sequence }) => sequence < act.sequence)
  if (inForce.length === 0) return 'its mandate came later'
  const last =
    inForce
      .map(({ expiresAt }) => expiresAt)
      .sort()
      .at(-1) ?? ''
  return act.at < last ? undefined : `its mandate expired at ${last}`
}

/** Throws `invalid` for an event by a mandated key that its mandate does not cover. */
export function checkMandated(
  events: readonly LedgerEvent[],
  mandates: readonly MandatedKey[],
  contracts: readonly LoadedContract[],
): void {
  const persons = new Set(contracts.flatMap(allKeys).map(({ fingerprint }) => fingerprint))
  for (const event of events.filter(({ person }) => !persons.has(person))) {
    const problem = mandateProblem(mandates, event)
    if (problem !== undefined) throw beyondMandate(event, problem)
  }
}

function beyondMandate({ sequence, type }: LedgerEvent, problem: string): RestituteError {
  return new RestituteError('invalid', `ledger.jsonl: event ${sequence} (${type}): ${problem}`, {
    details: { finding: 'event-unsupported', sequence, type },
  })
}

/** The refusal of an act that a mandate does not cover: `guard-refused`, guard `mandate`. */
export function mandateRefused(problem: string, at: Date): RestituteError {
  return new RestituteError('guard-refused', `guard mandate: ${problem}`, {
    details: { guard: 'mandate', guards: ['mandate'], at: isoTime(at) },
    hint: 'a person acts with their own key (--as), or signs a new mandate: restitute document form --kind mandate',
  })
}
