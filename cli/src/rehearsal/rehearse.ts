import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import {
  type DestinationSpec,
  parseRate,
  parseWindow,
  RestituteError,
  type SourceSpec,
} from '@restitute/core'
import {
  type Dossier,
  destinationSpec,
  explainDeadlines,
  stampedSignature,
  storeDocument,
} from '@restitute/dossier'
import { documentBytes, type Rehearsal, sha256Hex } from '@restitute/manifest'
import { growthOf, rehearsalsOf, reportOf, runDrill, runSpreadOf, triedForecasts } from '@restitute/rehearsal'
import { type ExportSource, packageUrl } from '@restitute/run'
import { type PrivateKey, signDetached } from '@restitute/seal'
import { destinationTerms, exporterOf, openCase, readableSources } from '../case.ts'
import { refuseCountry } from '../countries.ts'
import { placeUrl } from '../destinations.ts'
import { printableRehearsal } from '../printable.ts'
import type { Session } from '../session.ts'
import { removeLeftovers } from './leftovers.ts'
import { pastRehearsals } from './reports.ts'
import { shareFor } from './share.ts'
import { namedTargets, targetsOf } from './targets.ts'

/** What a rehearsal is told. */
export interface RehearseOptions {
  /** `5%`; default: the contract's, else 5 %. */
  readonly sample?: string
  /** ISO 8601 duration that it may take. */
  readonly for?: string
  readonly sources: readonly string[]
  readonly to?: string
  readonly workers?: number
}

/** A rehearsal that is done: its report, where it lies, its pages. */
export interface Rehearsed {
  readonly report: Rehearsal
  readonly path: string
  readonly pages: readonly string[]
}

/**
 * One rehearsal (R42): drill, forecast, signed report, an event in the ledger. The dossier is locked all the while, so
 * that no export and no destruction goes on beside it.
 */
export async function rehearseOnce(session: Session, options: RehearseOptions): Promise<Rehearsed> {
  const dossier = await openCase(session)
  await using _lock = await dossier.lock()
  const key = await exporterOf(session, dossier)
  await dossier.ledger.assertMay({ type: 'rehearsed', key, at: session.clock.now() })
  const past = await pastRehearsals(dossier)
  const folder = join(dossier.paths.work, 'rehearsals')
  const place = await placeOf(dossier, options.to)
  const named = await namedTargets(dossier.terms.contract.rehearsal)
  await clearUp(session, dossier, folder, place, named)
  const sources = (await readableSources(session, dossier, options.sources)).filter(
    ({ terms }) => terms.excluded === undefined,
  )
  if (sources.length === 0) throw new RestituteError('usage', 'rehearse: the contract has no source to read')
  const name = nextName(past)
  const like = rehearsalsOf(past, namesOf(sources))
  const share = shareFor(dossier, options, like)
  const seed = `${name} ${session.clock.now().toISOString()}`
  const workers = options.workers ?? availableParallelism()
  const { contract, keys, sha256 } = dossier.terms
  const shared = {
    ...{ name, share, seed, workers },
    ...(contract.demonstration && { demonstration: true as const }),
  }
  const contractRef = { reference: contract.reference, sha256 }
  const drill = await runDrill({
    ...shared,
    ...{
      folder: join(folder, name),
      hooksDir: dossier.paths.hooks,
      place,
      sources,
      targetOf: targetsOf(named),
    },
    ...{ clients: keys.clients, signer: key, contractRef, workerUrl: session.workerUrl },
    ...{ connectorOf: session.connectorOf, destinationOf: session.destinationOf },
    ...{ clock: session.clock, signal: session.signal, progress: session.progress, note: session.note },
  })
  const [growth, tried] = [growthOf(like), triedForecasts(dossier.ledger.events(), past, wholeOf(dossier))]
  const head = dossier.ledger.head()
  const report = reportOf({
    ...shared,
    drill,
    sources: await Promise.all(sources.map((source) => rehearsedTerms(session, source))),
    deadlines: explainDeadlines(dossier.terms),
    terms: {
      ...{ workers, runSpread: runSpreadOf(tried) },
      ...(contract.rehearsal?.link === undefined ? {} : { link: parseRate(contract.rehearsal.link) }),
    },
    ...(growth && { growth }),
    contract: contractRef,
    past,
    ...(contract.costs && { costs: contract.costs }),
    ...(contract.indicators && { indicators: contract.indicators }),
    by: key.fingerprint,
    ...(head && { ledger: head }),
  })
  return await keep(session, dossier, report, past, key)
}

/** Names of all sources that an export of the whole reads. */
export function wholeOf({ terms }: Dossier): string[] {
  const all = terms.contract.instances.flatMap(({ sources = [] }) => sources)
  return all.filter(({ excluded }) => excluded === undefined).map(({ name }) => name)
}

/** Of sources. */
export function namesOf(sources: readonly ExportSource[]): string[] {
  return sources.map(({ terms }) => terms.name)
}

async function placeOf(dossier: Dossier, to: string | undefined): Promise<DestinationSpec> {
  const destination = destinationTerms(dossier, to)
  refuseCountry(destination)
  const spec = await destinationSpec(destination)
  return { ...spec, url: placeUrl(spec.url) }
}

function packageIn(place: DestinationSpec, name: string): DestinationSpec {
  return { ...place, url: packageUrl(place.url, name) }
}

/** What interrupted rehearsals left behind, wherever it is. */
async function clearUp(
  session: Session,
  dossier: Dossier,
  folder: string,
  place: DestinationSpec,
  named: ReadonlyMap<string, SourceSpec>,
): Promise<void> {
  await removeLeftovers(
    session,
    folder,
    async (name, left = place.url) => session.destinationOf(packageIn(await placeOf(dossier, left), name)),
    (source, url) => targetAt(named.get(source), source, url),
  )
}

/** The secret of a target goes to that target alone. */
function targetAt(named: SourceSpec | undefined, source: string, url: string): SourceSpec {
  return named?.url === url ? named : { name: source, url }
}

function nextName(past: readonly Rehearsal[]): string {
  const numbers = past.map(({ name }) => Number(name.replace('REH', '')))
  return `REH${Math.max(0, ...numbers) + 1}`
}

type RehearsedTerms = Parameters<typeof reportOf>[0]['sources'][number]

/** A view that cannot be joined is read by one worker, whatever the contract allows. */
async function rehearsedTerms(session: Session, { terms, spec }: ExportSource): Promise<RehearsedTerms> {
  const { kind, abilities } = await session.connectorOf(spec.url)
  const workers = abilities.joinable ? terms.workers : 1
  return {
    ...{ name: terms.name, kind },
    ...(workers !== undefined && { workers }),
    ...(terms.window !== undefined && { window: parseWindow(terms.window) }),
  }
}

/** Signs the report, stamps it where the contract has it so, and has the ledger say that it took place. */
async function keep(
  session: Session,
  dossier: Dossier,
  report: Rehearsal,
  past: readonly Rehearsal[],
  key: PrivateKey,
): Promise<Rehearsed> {
  const bytes = documentBytes('rehearsal', report)
  const at = session.clock.now()
  const { armored } = await signDetached(bytes, key, at)
  const signatures = await stampedSignature(dossier.terms, key.fingerprint, armored, session.signal)
  const stem = `rehearsal-${report.name}`
  const stored = await storeDocument({ dossier, stem, extension: 'json', bytes, ...signatures })
  const { name, verdict, passed } = report
  await dossier.ledger.append({
    type: 'rehearsed',
    operation: 'dossier',
    body: { sha256: sha256Hex(bytes), rehearsal: name, verdict, passed },
    key,
    at,
  })
  const path = join(dossier.paths.documents, stored.name)
  const pages = await printableRehearsal(
    {
      file: { path, signature: `${path}.${key.fingerprint}.asc` },
      ...{ bytes, signedAt: at, signer: key.publicKey.userId, profile: dossier.terms.contract.profile },
    },
    report,
    [...past, report],
  )
  return { report, path, pages }
}
