import {
  asRestituteError,
  counted,
  type DestinationSpec,
  formatBytes,
  type Json,
  RestituteError,
} from '@restitute/core'
import { assertApproved, type Dossier, destinationSpec, stampUnder, stateOf } from '@restitute/dossier'
import { type Manifest } from '@restitute/manifest'
import { type ExportedPackage, type ExportOptions, exportPackage, WorkerPool } from '@restitute/run'
import { keyProblems, type PrivateKey, type PublicKey } from '@restitute/seal'
import {
  destinationTerms,
  exporterOf,
  meantSources,
  openCase,
  operationOf,
  readableSources,
} from '../case.ts'
import { type CommandDefinition, given, text, texts } from '../command.ts'
import { refuseCountry } from '../countries.ts'
import { placeUrl } from '../destinations.ts'
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

/** Keys below the policy are refused with the reason (R22). */
async function refuseUnfit(recipients: readonly PublicKey[], at: Date): Promise<void> {
  for (const key of recipients) {
    const problems = await keyProblems(key, 'encrypt', at)
    if (problems.length > 0) {
      throw new RestituteError(
        'key-unfit',
        `the client key ${key.fingerprint} cannot be used: ${problems.join('; ')}`,
        {
          hint: 'ask the client for another key; restitute keygen makes one that fits',
        },
      )
    }
  }
}

function warnBefore(session: Session, dossier: Dossier): void {
  for (const warning of dossier.terms.warnings) session.note(`warning: ${warning}`)
  if (!dossier.pinned)
    session.note('warning: the contract is not pinned: this package cannot lead to a destruction')
  const events = dossier.ledger.events()
  for (const { fingerprint } of dossier.terms.keys.clients) {
    const answered = events.some(
      (e) => e.type === 'challenge-answered' && e.body['recipient'] === fingerprint,
    )
    if (!answered)
      session.note(
        `warning: the client key ${fingerprint} has not answered a challenge: nobody has shown that it opens`,
      )
  }
}

interface Plan {
  readonly operation: string
  readonly sequence: number
  readonly name: string
  readonly resuming: boolean
}

/** The next place in the delivery, or the one that was begun and not finished. */
function planOf(dossier: Dossier, options: ExportCommandOptions): Plan {
  const operation = operationOf(dossier, options.operation)
  const events = dossier.ledger.events().filter((event) => event.operation === operation)
  const { packages } = stateOf(dossier.ledger.events(), operation)
  const sequence = packages.length + 1
  const name = `${operation}-${String(sequence).padStart(4, '0')}`
  const last = packages.at(-1)
  if (last !== undefined && options.since !== last.package) {
    throw new RestituteError('usage', `${operation} already has the package ${last.package}`, {
      hint: `--since ${last.package} makes the package of what has changed`,
    })
  }
  if (last === undefined && options.since !== undefined) {
    throw new RestituteError('usage', `${operation} has no package ${options.since} yet`, {
      hint: 'leave --since out for the first package',
    })
  }
  return {
    operation,
    sequence,
    name,
    resuming: events.some((e) => e.type === 'export-started' && e.body['package'] === name),
  }
}

function outcomeOf(done: ExportedPackage): Outcome {
  return {
    exit: done.incomplete ? 5 : 0,
    json: {
      package: done.package,
      url: done.url,
      manifestSha256: done.sha256,
      volumes: { ...done.volumes, total: done.manifest.volumes.length },
      sources: done.manifest.sources.map(
        ({ name, totals, reasons }): Json => ({ name, totals: totalsJson(totals), reasons: { ...reasons } }),
      ),
      incomplete: done.incomplete,
      stamped: done.stamped,
    },
    lines: [
      ...done.manifest.sources.flatMap(sourceLines),
      `${counted(done.manifest.volumes.length, 'volume')} (${done.volumes.reused} kept from before, ${done.volumes.made} made), read back by ${done.manifest.readBack.mode}`,
      `package   ${done.url}`,
      `manifest  sha256 ${done.sha256}`,
      ...(done.incomplete
        ? ['INCOMPLETE: some items are excluded or lost; the manifest and the index say which and why']
        : []),
    ],
  }
}

function totalsJson(totals: Manifest['sources'][number]['totals']): Json {
  return Object.fromEntries(Object.entries(totals).map(([name, tally]) => [name, { ...tally }]))
}

function sourceLines(source: Manifest['sources'][number]): string[] {
  const { exported, unchanged, removed, excluded, lost } = source.totals
  const parts = [
    `${exported.items} exported (${formatBytes(exported.bytes)})`,
    ...(unchanged.items > 0 ? [`${unchanged.items} unchanged`] : []),
    ...(removed.items > 0 ? [`${removed.items} removed`] : []),
    ...(excluded.items > 0 ? [`${excluded.items} EXCLUDED`] : []),
    ...(lost.items > 0 ? [`${lost.items} LOST`] : []),
  ]
  const reasons = Object.entries(source.reasons).map(([reason, count]) => `  ${count} × ${reason}`)
  return [`${source.name}  ${parts.join(', ')}`, ...reasons]
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
