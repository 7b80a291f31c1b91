import { createHash } from 'node:crypto'
import type { Package } from '@restitute/archive'
import {
  type Destination,
  noProgress,
  type Progress,
  RestituteError,
  throwIfInterrupted,
  together,
} from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'
import PQueue from 'p-queue'
import { withRetries } from './export/retry.ts'
import { manifestFile, packageFiles } from './package-files.ts'
import { refuseMissing } from './refuse-missing.ts'
import { refuseTaken } from './refuse-taken.ts'
import { checkFile } from './workers/check-file.ts'
import { newPace, type Pace, passage, setPace } from './workers/pace.ts'

/** What {@link deliverPackage} needs. */
export interface DeliverOptions {
  /** A finished package; its files are read from its own destination. */
  readonly package: Package
  /** The folder of the package at the new place. */
  readonly to: Destination
  /** Names of the files that go there; absent: all. The manifest always goes. */
  readonly only?: ReadonlySet<string>
  /** Bytes per second at most, over all files together; absent: as fast as it goes. */
  readonly rate?: number
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

/** Files copied side by side: one is read and hashed while the other is written and read back. */
const atOnce = 2
/** An attempt that came so much further than every one before it has got on: not one that sent the same again (bytes). */
const worthCounting = 4 * 1024 * 1024

/**
 * Copies a package file by file, each checked against the manifest on the way and read back from the new place
 * past its cache; `SHA256SUMS` first, which no other package has, `manifest.json` last, so its presence means "whole". A file that fails for a reason that may pass is
 * tried again. Called again, it goes on where it was cut, inside a file too where the new place can.
 * Errors: `invalid` when a file is not what the manifest says, `target-not-empty` when another package lies there,
 * `destination-failed` when the new place did not keep what was written, or holds it no more, `interrupted`, and those of the destinations.
 */
export async function deliverPackage(asked: DeliverOptions): Promise<Delivered> {
  const options = newPaced(asked)
  const { package: from, to } = options
  const all = await packageFiles(from)
  const manifest = manifestFile(from)
  const wanted = all.filter(({ name }) => asked.only?.has(name) ?? true)
  const files = wanted.filter(({ name }) => name !== manifest.name)
  const sums = files.find(({ name }) => name === 'SHA256SUMS')
  await refuseTaken(to, { all, manifest }, options.signal)
  await to.sweep({ still: [...files, manifest] })
  const tally = new Tally(options, files)
  const queue = new PQueue({ concurrency: atOnce })
  if (sums) await deliverFile(options, sums, tally, options.signal)
  const others = files.filter((file) => file !== sums)
  await together(
    options.signal,
    others.map((file) => (joint) => queue.add(() => deliverFile(options, file, tally, joint))),
  )
  await refuseMissing(to, files)
  await deliverFile(options, manifest, tally, options.signal)
  await to.sweep()
  return tally.done
}

/** A delivery whose files share one rate. */
interface Paced extends DeliverOptions {
  readonly pace: Pace
}

function newPaced(options: DeliverOptions): Paced {
  const pace = newPace()
  const { rate } = options
  setPace(pace, { paused: false, ...(rate !== undefined && { rate }) })
  return { ...options, pace }
}

/** Adds up what is done of files that are copied side by side. */
class Tally {
  readonly done: { files: number; bytes: number; skipped: number } = { files: 0, bytes: 0, skipped: 0 }
  readonly #report: Progress
  readonly #subject: string
  readonly #totalBytes: number
  #copied = 0

  constructor({ package: from, progress = noProgress }: DeliverOptions, files: readonly FileRecord[]) {
    this.#report = progress
    this.#subject = from.manifest.package
    this.#totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** Bytes are over there, whether or not they will stay. */
  copied(bytes: number): void {
    this.#copied += bytes
    const totalBytes = Math.max(this.#totalBytes, this.#copied)
    this.#report({ task: 'deliver', subject: this.#subject, doneBytes: this.#copied, totalBytes })
  }

  finished({ bytes }: FileRecord, skipped: boolean): void {
    this.done.files++
    this.done.bytes += bytes
    if (skipped) this.done.skipped++
    if (skipped) this.copied(bytes)
  }
}

async function deliverFile(
  options: Paced,
  file: FileRecord,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const { to } = options
  throwIfInterrupted(signal)
  const there = await withRetries(signal, () => checkFile(to, file, signal))
  if (!there) {
    const copied = await copyAndCheck(options, file, tally, signal, { resume: true })
    // What an earlier attempt had left may have been damaged since: once more, from nothing.
    if (!copied && !(await copyAndCheck(options, file, tally, signal, { resume: false })))
      throw notKept(to, file)
  }
  tally.finished(file, there)
}

/** Whether the file reads back as it was sent. */
async function copyAndCheck(
  options: Paced,
  file: FileRecord,
  tally: Tally,
  signal: AbortSignal,
  { resume }: { readonly resume: boolean },
): Promise<boolean> {
  let [done, furthest] = [0, 0]
  const attempt = async (): Promise<boolean> => {
    tally.copied(-done)
    furthest = Math.max(furthest, done)
    done = 0
    await copy(options, file, resume, signal, (copied) => {
      done += copied
      tally.copied(copied)
    })
    return checkFile(options.to, file, signal)
  }
  return withRetries(signal, attempt, () => resume && done >= furthest + worthCounting)
}

async function copy(
  { package: { destination: from }, to, pace }: Paced,
  file: FileRecord,
  resume: boolean,
  signal: AbortSignal,
  onBytes: (copied: number) => void,
): Promise<void> {
  const hash = createHash('sha256')
  await using pending = await to.create(file.name, resume ? { sha256: file.sha256 } : {})
  let kept = pending.kept ?? 0
  for await (const chunk of from.read(file.name, { signal })) {
    throwIfInterrupted(signal)
    const sent = Math.max(0, chunk.length - kept)
    kept -= chunk.length - sent
    if (sent > 0) await passage(pace, sent, signal)
    hash.update(chunk)
    await pending.write(chunk)
    onBytes(chunk.length)
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
