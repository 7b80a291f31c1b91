import { RestituteError } from '@restitute/core'
import {
  assertExporter,
  assertNothingExcludedWithin,
  type Dossier,
  type LoadedContract,
  openDossier,
  operationsOf,
  sourceSpec,
  stateOf,
} from '@restitute/dossier'
import type { DestinationTerms, Fingerprint, SourceTerms } from '@restitute/manifest'
import type { ExportSource } from '@restitute/run'
import type { PrivateKey } from '@restitute/seal'
import { samePlace } from './destinations.ts'
import type { Session } from './session.ts'

/** Opens the dossier of this session and says what was repaired in its ledger. */
export async function openCase(session: Session): Promise<Dossier> {
  const dossier = await openDossier(session.dossierDir)
  for (const note of dossier.ledger.notes()) session.note(`ledger: ${note}`)
  return dossier
}

/** Who acts, and may export; throws `guard-refused`. */
export async function exporterOf(session: Session, dossier: Dossier): Promise<PrivateKey> {
  const key = await session.actor()
  assertExporter(dossier, key.fingerprint)
  return key
}

/** Every contract that was ever in force, oldest first; the one that nobody has signed yet while there is none. */
export function contractsEver({ contracts, terms }: Dossier): readonly LoadedContract[] {
  return contracts.length > 0 ? contracts : [terms]
}

/** Names by key, of those too who have left since. */
export function personNames(dossier: Dossier): ReadonlyMap<Fingerprint, string> {
  const persons = contractsEver(dossier).flatMap(({ keys }) => [...keys.persons])
  return new Map(persons.map(([fingerprint, { person }]) => [fingerprint, person.name]))
}

/** The operation meant: the one named, else the newest that is not certified, else the next (`R1`, `R2`, …). */
export function operationOf(dossier: Dossier, named: string | undefined): string {
  if (named !== undefined) {
    if (/^R[1-9]\d*$/.test(named)) return named
    throw new RestituteError('usage', `operation: expected R1, R2, …, got "${named}"`)
  }
  const events = dossier.ledger.events()
  const operations = operationsOf(events)
  const open = operations.findLast((name) => stateOf(events, name).stage !== 'certified')
  return open ?? `R${Math.max(0, ...operations.map(numberOf)) + 1}`
}

function numberOf(operation: string): number {
  return Number(operation.slice(1))
}

/** The sources that a command means in an operation: those named, else those that its requests are limited to (R8). */
export function meantSources(
  dossier: Dossier,
  operation: string,
  named: readonly string[],
): readonly string[] {
  const { sources = [] } = stateOf(dossier.ledger.events(), operation)
  return named.length > 0 ? named : sources
}

/** Every source of the contract with its instance; those named only, when any is. `usage` for an unknown name. */
export async function sourcesOf(dossier: Dossier, names: readonly string[] = []): Promise<ExportSource[]> {
  const all = dossier.terms.contract.instances.flatMap((instance) =>
    (instance.sources ?? []).map((terms) => ({ terms, instance: instance.code })),
  )
  const unknown = names.filter((name) => !all.some(({ terms }) => terms.name === name))
  if (unknown.length > 0) {
    throw unknownSources(
      unknown,
      all.map(({ terms }) => terms),
    )
  }
  const chosen = all.filter(({ terms }) => names.length === 0 || names.includes(terms.name))
  return Promise.all(chosen.map(async (source) => ({ ...source, spec: await specOf(source.terms) })))
}

/** {@link sourcesOf}, to be read: none of them may hold what the contract excludes (`contract-invalid`). */
export async function readableSources(
  { connectorOf }: Session,
  dossier: Dossier,
  names: readonly string[],
): Promise<ExportSource[]> {
  const sources = await sourcesOf(dossier, names)
  const terms = sources.map((source) => source.terms)
  await assertNothingExcludedWithin(dossier.terms.contract, connectorOf, terms)
  return sources
}

/** The terms of one source; `usage` for a name that the contract does not have. */
export function sourceNamed(dossier: Dossier, name: string): SourceTerms {
  const all = dossier.terms.contract.instances.flatMap(({ sources = [] }) => sources)
  const found = all.find((terms) => terms.name === name)
  if (found) return found
  throw unknownSources([name], all)
}

function unknownSources(names: readonly string[], all: readonly SourceTerms[]): RestituteError {
  return new RestituteError('usage', `no source called ${names.join(', ')} in the contract`, {
    hint: `it has ${all.map(({ name }) => name).join(', ')}`,
  })
}

/** Secrets of excluded sources are never asked for. */
async function specOf(terms: SourceTerms): Promise<ExportSource['spec']> {
  return terms.excluded === undefined ? sourceSpec(terms) : { name: terms.name, url: terms.url }
}

/** The destination meant: one of the contract's, by name or URL; its first by default. */
export function destinationTerms(dossier: Dossier, to: string | undefined): DestinationTerms {
  const { destinations } = dossier.terms.contract
  const found = to === undefined ? destinations[0] : declaredDestination(dossier, to)
  if (found !== undefined) return found
  throw new RestituteError('usage', `the contract declares no destination ${to ?? 'at all'}`, {
    hint:
      destinations.length > 0
        ? `it declares ${destinations.map((d) => d.name).join(', ')}`
        : 'add one under destinations:',
  })
}

/** The destination that the contract declares by this name or URL, if any. */
export function declaredDestination(dossier: Dossier, to: string): DestinationTerms | undefined {
  return dossier.terms.contract.destinations.find((d) => d.name === to || samePlace(d.url, to))
}
