import { readFileSync } from 'node:fs'
import { openPackage, sealPackage } from '@restitute/archive'
import { isoTime, RestituteError } from '@restitute/core'
import type { Manifest, Measurement, SourceRecord } from '@restitute/manifest'
import { endControl } from '../control/control.ts'
import { durably } from '../journal/database.ts'
import { getMeta, type Sealed, sealedState, setMeta } from '../journal/meta.ts'
import { shardRows } from '../journal/shards.ts'
import { sourceNamed, sourceRows } from '../journal/sources.ts'
import { checkPlace } from './check-kept.ts'
import type { Job } from './job.ts'
import { measuredBeside } from './measured.ts'
import type { ExportSource } from './options.ts'
import { excludedRecord, sourceRecord } from './source-record.ts'

/** A sealed package. */
export interface SealedPackage extends Sealed {
  readonly manifest: Manifest
  readonly stamped: boolean
}

/** Writes and signs the manifest of a package whose sources are all finished; `destination-failed` when something of it is not there any more. */
export async function seal(job: Job): Promise<SealedPackage> {
  const { options, db, destination } = job
  await checkPlace(job)
  const at = options.at.now()
  const { signer, hostKeys, language, stamp } = options
  const content = manifestOf(job, at)
  const incomplete = content.sources.some(isIncomplete) || options.sources.some(({ terms }) => terms.excluded)
  const { manifest, sha256, stamped } = await sealPackage({
    ...{ destination, manifest: content, signer, hostKeys, at, language },
    ...(stamp && { stamp }),
  })
  durably(db, () => {
    setMeta(db, 'sealed', JSON.stringify({ sha256, incomplete } satisfies Sealed))
    endControl(db)
  })
  return { manifest, sha256, incomplete, stamped }
}

/** The package that an earlier run had sealed, if it had; `invalid` when another one lies in its place. */
export async function alreadySealed(job: Job): Promise<SealedPackage | undefined> {
  const sealed = sealedState(job.db)
  if (!sealed) return undefined
  const { manifest, sha256, signatures } = await openPackage(job.destination)
  const stamped = signatures.some(({ stamp }) => stamp !== undefined)
  if (sha256 === sealed.sha256) return { manifest, stamped, ...sealed }
  throw new RestituteError(
    'invalid',
    `${job.place.url}: expected the manifest ${sealed.sha256}, got ${sha256}`,
  )
}

function isIncomplete({ totals }: SourceRecord): boolean {
  return totals.lost.items > 0 || totals.excluded.items > 0
}

function manifestOf(job: Job, at: Date): Omit<Manifest, 'files'> {
  const { options, db, name, base } = job
  const written = shardRows(db).flatMap(({ result }) => result ?? [])
  const volumes = written.map(({ record }) => record)
  return {
    schema: 'restitute/manifest/v1',
    id: getMeta(db, 'id') ?? '',
    createdAt: isoTime(at),
    contract: options.contractRef,
    operation: options.operation,
    ...(options.demonstration && { demonstration: true as const }),
    package: name,
    sequence: options.sequence,
    ...(base && { base: base.ref }),
    contractPinned: options.contractPinned,
    ...(options.ledger && { ledger: options.ledger }),
    recipients: options.recipients.map((key) => key.fingerprint),
    volumes,
    indexes: sourceRows(db).flatMap(({ index }) => index ?? []),
    sources: options.sources.map((source) => recordOf(job, source, at)),
    readBack: {
      mode: options.readBack,
      volumes: volumes.length,
      bytes: volumes.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    measurements: summed([...written.flatMap(({ measurements }) => measurements), ...measuredBeside(db)]),
    tools: tools(),
  }
}

function recordOf({ db }: Job, source: ExportSource, at: Date): SourceRecord {
  if (source.terms.excluded !== undefined) return excludedRecord(source, isoTime(at))
  const row = sourceNamed(db, source.terms.name)
  if (row?.state === 'finished') return sourceRecord(db, row, source)
  throw new RestituteError('internal', `source ${source.terms.name}: not finished, yet the package is sealed`)
}

/** One record per source and stage. */
function summed(measurements: readonly Measurement[]): Measurement[] {
  const sums = new Map<string, Measurement>()
  for (const one of measurements) {
    const key = JSON.stringify([one.source, one.stage])
    const sum = sums.get(key)
    sums.set(key, sum ? plus(sum, one) : one)
  }
  return [...sums.values()]
}

function plus(a: Measurement, b: Measurement): Measurement {
  return {
    ...a,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    items: a.items + b.items,
    busySeconds: a.busySeconds + b.busySeconds,
    waitingSeconds: a.waitingSeconds + b.waitingSeconds,
    retries: a.retries + b.retries,
  }
}

function tools(): Record<string, string> {
  const own = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const versions = ['node', 'zstd', 'openssl', 'sqlite'].map((name) => [
    name,
    process.versions[name] ?? 'none',
  ])
  return { restitute: String(own.version), ...Object.fromEntries(versions) }
}
