import { createHash } from 'node:crypto'
import type { Package } from '@restitute/archive'
import {
  type Destination,
  noProgress,
  type Progress,
  RestituteError,
  throwIfInterrupted,
} from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import { sha256Hex } from '@restitute/manifest'
import { checkFile } from './workers/check-file.ts'

/** What {@link deliverPackage} needs. */
export interface DeliverOptions {
  /** A finished package; its files are read from its own destination. */
  readonly package: Package
  /** The folder of the package at the new place. */
  readonly to: Destination
  readonly signal: AbortSignal
  readonly progress?: Progress
}

/** What a delivery did. */
export interface Delivered {
  readonly files: number
  readonly bytes: number
  /** Of `files`, those that already lay there with the right digest. */
  readonly skipped: number
}

const manifestName = 'manifest.json'

/**
 * Copies a package file by file, each checked against the manifest on the way and read back from the new place
 * past its cache; `manifest.json` last, so its presence means "whole". Called again, it goes on where it was cut.
 * Errors: `invalid` when a file is not what the manifest says, `target-not-empty` when another package lies there,
 * `destination-failed` when the new place did not keep what was written, `interrupted`, and those of the destinations.
 */
export async function deliverPackage(options: DeliverOptions): Promise<Delivered> {
  const { to } = options
  const files = await filesOf(options.package)
  await refuseOther(to, files)
  await to.sweep()
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const done = { files: 0, bytes: 0, skipped: 0 }
  for (const file of files) {
    if (await deliverFile(options, file, done.bytes, totalBytes)) done.skipped++
    done.files++
    done.bytes += file.bytes
  }
  return done
}

/** Every file of the package with its digest; the manifest last. */
async function filesOf(from: Package): Promise<FileRecord[]> {
  const { manifest, manifestBytes, sha256 } = from
  const named: FileRecord[] = [...manifest.volumes, ...manifest.indexes, ...manifest.files]
  const unnamed: FileRecord[] = []
  for await (const { name } of from.destination.list()) {
    if (name === 'SHA256SUMS' || /^manifest\.json\..+/.test(name)) unnamed.push(await measured(from, name))
  }
  return [...named, ...unnamed, { name: manifestName, bytes: manifestBytes.length, sha256 }]
}

/** The few small files that the manifest cannot name: taken as they are. */
async function measured({ destination }: Package, name: string): Promise<FileRecord> {
  const bytes = Buffer.concat(await Array.fromAsync(destination.read(name)))
  return { name, bytes: bytes.length, sha256: sha256Hex(bytes) }
}

async function refuseOther(to: Destination, files: readonly FileRecord[]): Promise<void> {
  const known = new Set(files.map(({ name }) => name))
  for await (const { name } of to.list()) {
    if (known.has(name)) continue
    throw new RestituteError(
      'target-not-empty',
      `delivery: ${to.url} holds ${name}, which is not of this package`,
    )
  }
}

/** Whether the file already lay there. */
async function deliverFile(
  { package: from, to, signal, progress = noProgress }: DeliverOptions,
  file: FileRecord,
  before: number,
  totalBytes: number,
): Promise<boolean> {
  const report = (bytes: number): void =>
    progress({ task: 'deliver', subject: file.name, doneBytes: before + bytes, totalBytes })
  throwIfInterrupted(signal)
  const there = await checkFile(to, file, signal)
  if (!there) {
    await copy(from.destination, to, file, signal, report)
    if (!(await checkFile(to, file, signal))) throw notKept(to, file)
  }
  report(file.bytes)
  return there
}

async function copy(
  from: Destination,
  to: Destination,
  file: FileRecord,
  signal: AbortSignal,
  report: (bytes: number) => void,
): Promise<void> {
  const hash = createHash('sha256')
  let bytes = 0
  await using pending = await to.create(file.name)
  for await (const chunk of from.read(file.name, { signal })) {
    throwIfInterrupted(signal)
    hash.update(chunk)
    await pending.write(chunk)
    report((bytes += chunk.length))
  }
  const sha256 = hash.digest('hex')
  if (sha256 !== file.sha256) {
    throw new RestituteError('invalid', `${file.name}: expected ${file.sha256}, got ${sha256}`, {
      hint: 'the package was damaged after it was made: export it again',
    })
  }
  await pending.commit()
}

function notKept(to: Destination, { name, sha256 }: FileRecord): RestituteError {
  return new RestituteError('destination-failed', `${to.url}: ${name} read back is not ${sha256}`, {
    hint: 'the destination did not keep what was written: check the medium',
  })
}
