import { asRestituteError, type DestinationSpec } from '@restitute/core'
import { signedScope } from '@restitute/destruction'
import {
  assertApproved,
  assertWholeSince,
  type Dossier,
  destinationSpec,
  stampUnder,
} from '@restitute/dossier'
import { type ExportOptions, exportPackage, WorkerPool } from '@restitute/run'
import type { PrivateKey } from '@restitute/seal'
import { destinationTerms, exporterOf, meantSources, openCase, readableSources } from '../case.ts'
import { type CommandDefinition, given, text, texts } from '../command.ts'
import { refuseCountry } from '../countries.ts'
import { placeUrl } from '../destinations.ts'
import { refuseUnfit, warnBefore } from '../exporting/before.ts'
import { outcomeOf } from '../exporting/outcome.ts'
import { type Plan, planOf } from '../exporting/plan.ts'
import type { Outcome, Session } from '../session.ts'
import { workersOf } from '../workers.ts'

/** What `export` is told. */
export interface ExportCommandOptions {
  readonly to?: string
  readonly sources: readonly string[]
  readonly item?: string
  readonly since?: string
  readonly operation?: string
  readonly workers?: number
  readonly readBack: 'hash' | 'full'
}

/** Makes the next package of the delivery; run again after an interruption, it resumes. */
export async function exportNext(session: Session, options: ExportCommandOptions): Promise<Outcome> {
  await using pool = new WorkerPool(session.workerUrl, options.workers)
  // The first thread loads its modules while this one reads the dossier.
  pool.prepare()
  return await exportBy(pool, session, options)
}

async function exportBy(pool: WorkerPool, session: Session, options: ExportCommandOptions): Promise<Outcome> {
  const dossier = await openCase(session)
  await using _lock = await dossier.lock()
  const key = await exporterOf(session, dossier)
  const { contract, keys } = dossier.terms
  const at = session.clock.now()
  await refuseUnfit(keys.clients, at)
  warnBefore(session, dossier)
  const place = await placeFor(dossier, options.to)
  const plan = planOf(dossier, options)
  assertApproved(dossier, plan.operation, key.fingerprint)
  const named = meantSources(dossier, plan.operation, options.sources)
  const sources = await readableSources(session, dossier, named)
  const names = sources.map(({ terms }) => terms.name)
  if (options.since !== undefined) assertWholeSince(dossier, plan.operation, options.since, names)
  const scope = await signedScope(dossier, plan.operation)
  if (!plan.resuming) await recordStart(dossier, plan, place, key, at)
  const done = await exportPackage({
    workDir: dossier.paths.work,
    ...{ place, destinationOf: session.destinationOf },
    ...pinsOf(dossier),
    recipients: keys.clients,
    operation: plan.operation,
    sequence: plan.sequence,
    ...(options.since !== undefined && { base: options.since }),
    ...(options.item !== undefined && { items: options.item }),
    sources,
    ...(scope && { scoped: new Map(scope.document.sources.map((one) => [one.name, one.fingerprint])) }),
    signer: key,
    hostKeys: [keys.host, key.publicKey],
    at: session.clock,
    language: session.language ?? contract.language,
    ...(contract.demonstration ? { demonstration: true as const } : {}),
    readBack: options.readBack,
    ...stamping(session, dossier),
    pool,
    signal: session.signal,
    ...(session.drain && { drain: session.drain() }),
    progress: session.progress,
  })
  await dossier.ledger.append({
    type: 'exported',
    operation: plan.operation,
    body: {
      package: done.package,
      manifestSha256: done.sha256,
      sequence: plan.sequence,
      incomplete: done.incomplete,
      ...(dossier.terms.authority === undefined ? {} : { stamped: done.stamped }),
    },
    key,
    at: session.clock.now(),
  })
  return outcomeOf(done)
}

async function recordStart(
  dossier: Dossier,
  plan: Pick<Plan, 'operation' | 'name'>,
  place: DestinationSpec,
  key: PrivateKey,
  at: Date,
): Promise<void> {
  await dossier.ledger.append({
    type: 'export-started',
    operation: plan.operation,
    body: { package: plan.name, place: placeUrl(place.url) },
    key,
    at,
  })
}

/** Where the package goes, its country allowed. */
async function placeFor(dossier: Dossier, to: string | undefined): Promise<DestinationSpec> {
  const destination = destinationTerms(dossier, to)
  refuseCountry(destination)
  return destinationSpec(destination)
}

/** What the manifest is bound to. */
function pinsOf({
  terms,
  pinned,
  ledger,
}: Dossier): Pick<ExportOptions, 'contractRef' | 'contractPinned' | 'ledger'> {
  const head = ledger.head()
  return {
    contractRef: { reference: terms.contract.reference, sha256: terms.sha256 },
    contractPinned: pinned,
    ...(head && { ledger: head }),
  }
}

/** Without a stamp a package is still a package: exporting warns and goes on. */
function stamping(session: Session, { terms }: Dossier): Pick<ExportOptions, 'stamp'> {
  const stamp = stampUnder(terms, session.signal)
  if (stamp === undefined) return {}
  return {
    stamp: (signature) =>
      stamp(signature).catch((thrown: unknown) => {
        const { code, message } = asRestituteError(thrown)
        if (code !== 'timestamp-failed') throw thrown
        session.note(`warning: the package is NOT time-stamped: ${message}`)
        return undefined
      }),
  }
}

/** `restitute export`. */
export const exportCommand: CommandDefinition = {
  name: 'export',
  args: '',
  summary: 'make the next package of the delivery; run again, it resumes',
  options: [
    {
      flags: '--to <destination>',
      description: 'a destination of the contract, by name or URL (default: its first)',
    },
    { flags: '--source <name>', description: 'only this source', repeatable: true },
    { flags: '--item <glob>', description: 'only items whose id matches; the others are stated as excluded' },
    { flags: '--since <package>', description: 'only what has changed since this package, and what is gone' },
    { flags: '--operation <name>', description: 'which restitution (default: the current one)' },
    { flags: '--workers <n>', description: 'worker threads (default: one per core)' },
    {
      flags: '--read-back <mode>',
      description: 'how volumes are read back',
      choices: ['hash', 'full'],
      default: 'hash',
    },
  ],
  examples: [
    'restitute export --dossier chu --as operator.key',
    'restitute export --dossier chu --as operator.key --since R1-0001',
  ],
  run: (session, _args, options) =>
    exportNext(session, {
      sources: texts(options, 'source'),
      readBack: text(options, 'readBack') === 'full' ? 'full' : 'hash',
      ...given(options, 'to', 'item', 'since', 'operation'),
      ...chosenWorkers(text(options, 'workers')),
    }),
}

function chosenWorkers(typed: string | undefined): { workers?: number } {
  return typed === undefined ? {} : { workers: workersOf(typed) }
}
