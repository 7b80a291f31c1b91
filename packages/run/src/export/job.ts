import { randomUUID } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { openPackage } from '@restitute/archive'
import {
  asRestituteError,
  type Destination,
  type DestinationSpec,
  isoTime,
  noProgress,
  RestituteError,
} from '@restitute/core'
import { canonicalJson, sha256Hex } from '@restitute/manifest'
import { destinationOf, packageUrl } from '../destinations.ts'
import { createDatabase, durably, journalPath } from '../journal/database.ts'
import { noteWriter } from '../journal/entries.ts'
import { getMeta, sealedState, setMeta } from '../journal/meta.ts'
import { Base } from './base.ts'
import { writtenFiles } from './check-kept.ts'
import type { ExportOptions } from './options.ts'
import { ExportProgress } from './progress.ts'

/** One export with what its steps share. */
export interface Job extends Disposable {
  readonly options: ExportOptions
  /** The package. */
  readonly name: string
  /** Its folder. */
  readonly place: DestinationSpec
  readonly destination: Destination
  readonly db: DatabaseSync
  /** Writes what a worker notes of a volume; its statements are prepared once. */
  readonly note: ReturnType<typeof noteWriter>
  /** Path of the journal, for the workers. */
  readonly journal: string
  readonly base: Base | undefined
  readonly workers: number
  /** Armored public keys. */
  readonly recipients: readonly string[]
  readonly progress: ExportProgress
  /** Stops everything at once. */
  readonly signal: AbortSignal
  /** Earlier than `signal` when the run drains: nothing new is begun, and what would not be kept is given up. */
  readonly stopping: AbortSignal
  /** Sets `signal`. */
  readonly giveUp: () => void
}

/** `R1-0001`. */
export function packageName(operation: string, sequence: number): string {
  return `${operation}-${String(sequence).padStart(4, '0')}`
}

/** Opens or begins the journal; refuses to go on with other options, or where an unknown package lies. */
export async function openJob(options: ExportOptions): Promise<Job> {
  const name = packageName(options.operation, options.sequence)
  const place = { ...options.place, url: packageUrl(options.place.url, name) }
  const destination = await (options.destinationOf ?? destinationOf)(place)
  const base = options.base === undefined ? undefined : Base.open(options.workDir, options.base)
  const db = createDatabase(options.workDir, name)
  const close = (): void => {
    db.close()
    base?.[Symbol.dispose]()
  }
  try {
    await begin(db, options, destination)
  } catch (error) {
    close()
    throw error
  }
  return {
    ...{ options, name, place, destination, db, base },
    note: noteWriter(db),
    journal: journalPath(options.workDir, name),
    workers: options.pool.size,
    recipients: options.recipients.map((key) => key.armored),
    progress: new ExportProgress(options.progress ?? noProgress, name),
    ...signalsOf(options),
    [Symbol.dispose]: close,
  }
}

function signalsOf({ signal: asked, drain }: ExportOptions): Pick<Job, 'signal' | 'stopping' | 'giveUp'> {
  const abort = new AbortController()
  const signal = AbortSignal.any([asked, abort.signal])
  const stopping = drain ? AbortSignal.any([signal, drain]) : signal
  return { signal, stopping, giveUp: () => abort.abort() }
}

async function begin(db: DatabaseSync, options: ExportOptions, destination: Destination): Promise<void> {
  const digest = optionsDigest(options)
  const before = getMeta(db, 'options')
  if (before === undefined) {
    await refuseForeign(destination, options)
    durably(db, () => {
      setMeta(db, 'options', digest)
      setMeta(db, 'id', randomUUID())
      setMeta(db, 'begun', isoTime(options.at.now()))
      if (options.base !== undefined) setMeta(db, 'base', options.base)
    })
  } else if (before !== digest) throw otherOptions(packageName(options.operation, options.sequence))
  else if (!sealedState(db)) await refuseFinished(db, destination)
}

/** What must not change between the runs that make one package. */
function optionsDigest(options: ExportOptions): string {
  const { place, base, items, sample, readBack } = options
  const recipients = options.recipients.map((key) => key.fingerprint).sort()
  const sources = options.sources.map(({ terms, instance, spec }) => [
    ...[terms.name, instance, spec.url, spec.quiesced === true],
    ...[terms.empty === true, terms.excluded ?? null],
  ])
  const all = {
    destinationUrl: place.url,
    base: base ?? null,
    items: items ?? null,
    sample: sample ? { ...sample } : null,
    readBack,
    recipients,
    sources,
  }
  return sha256Hex(canonicalJson(all))
}

/** Throws `target-not-empty` where something lies that this journal knows nothing of, and says whose it is. */
export async function refuseForeign(destination: Destination, options: ExportOptions): Promise<void> {
  for await (const { name } of destination.list()) {
    const hint = await whose(destination, options)
    throw new RestituteError('target-not-empty', `export: ${destination.url} already holds ${name}`, { hint })
  }
}

const foreign =
  'this dossier did not begin what lies there: choose another destination, and remove nothing that may be of another contract'
/** It may be what the client has received and answered, and by now all that is left of the source. */
const forgotten =
  'it is a package of this very contract, of which this dossier knows nothing: was the dossier restored from an older backup? remove nothing, and bring back the newest one'

/** Where the package was finished from a journal that has come further than this one, what that wrote would go. */
async function refuseFinished(db: DatabaseSync, destination: Destination): Promise<void> {
  const finished = await openPackage(destination).catch(unfinished)
  if (finished === undefined) return
  const { volumes, indexes } = finished.manifest
  const known = new Set(writtenFiles(db).map(({ sha256 }) => sha256))
  const unknown = [...volumes, ...indexes].find(({ sha256 }) => !known.has(sha256))
  if (unknown === undefined) return
  const message = `export: ${destination.url} already holds the finished package, and ${unknown.name} is not known here`
  throw new RestituteError('target-not-empty', message, { hint: forgotten })
}

function unfinished(thrown: unknown): undefined {
  if (!['not-found', 'package-unfinished'].includes(asRestituteError(thrown).code)) throw thrown
}

/** Of another contract it may be all that is left, too. */
async function whose(destination: Destination, { contractRef }: ExportOptions): Promise<string> {
  const found = await openPackage(destination).catch(() => undefined)
  if (found === undefined) return foreign
  const { reference } = found.manifest.contract
  return reference === contractRef.reference
    ? forgotten
    : `it is a package of the contract ${reference}: leave it, and choose another destination`
}

function otherOptions(name: string): RestituteError {
  return new RestituteError(
    'usage',
    `export: ${name} was begun with other sources, recipients, items or destination`,
    { hint: 'repeat the options of the first run, or remove the unfinished package and its journal' },
  )
}
