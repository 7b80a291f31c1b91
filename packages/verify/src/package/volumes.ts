import { asRestituteError } from '@restitute/core'
import type { SourceRecord, VolumeRecord } from '@restitute/manifest'
import { readSealing } from '@restitute/seal'
import { type Finding, Findings, finding } from '../findings.ts'
import { bagReader } from './bag.ts'
import type { ListedEntry } from './entry-join.ts'
import { fileFinding, stopIfAborted } from './files.ts'
import { checkRecipients, type Inside, unreadable } from './inside.ts'
import type { LineReader } from './line-reader.ts'
import { type BagFile, bagFiles, type MetEntry, type VolumePiece } from './pieces.ts'

/** What came of checking one volume, to be told in the order of the manifest however many are checked at once. */
export interface VolumeOutcome {
  readonly findings: Findings
  /** No key opens it: a finding when another file was opened, else the keys are wrong. */
  readonly locked?: unknown
}

/** Hashes one volume, then decrypts it and compares every entry in it with what the index lists. */
export async function checkVolume(inside: Inside, record: VolumeRecord): Promise<VolumeOutcome> {
  const findings = new Findings()
  const own = { ...inside, check: { ...inside.check, findings } }
  const differing = await fileFinding(own.check, record)
  if (differing) {
    own.check.broken.add(record.name)
    findings.add(differing)
    return { findings }
  }
  return readEntries(own, record)
}

async function readEntries(inside: Inside, record: VolumeRecord): Promise<VolumeOutcome> {
  const { findings, package: opened, signal, onBytes, workers, sound } = inside.check
  const taker = new PieceTaker(inside, record)
  try {
    const start = opened.destination.read(record.name, signal ? { signal } : {})
    const { sessionKey, recipients } = await readSealing(start, inside.opener.privateKeys)
    inside.opened.add(record.name)
    checkRecipients(inside, record, recipients, 'volume-undecryptable')
    await workers.read(record, sessionKey, (pieces) => taker.take(pieces), { signal, onBytes })
  } catch (thrown) {
    stopIfAborted(signal)
    if (asRestituteError(thrown).code === 'key-wrong') {
      inside.check.broken.add(record.name)
      return { findings, locked: thrown }
    }
    await unreadable(inside, record, thrown, 'volume-undecryptable')
  }
  if (findings.none && taker.comparedAll) await sound.note(record, 'inside')
  return { findings }
}

/** Takes what comes out of one volume and compares it with the index. */
class PieceTaker {
  readonly #inside: Inside
  readonly #record: VolumeRecord
  readonly #judged: boolean
  #readers = new Map<BagFile, LineReader | undefined>()

  constructor(inside: Inside, record: VolumeRecord) {
    this.#inside = inside
    this.#record = record
    this.#judged = !inside.unread.has(record.source)
  }

  /** Whether all was compared, and can be passed over another time: a bag's own files must be read again. */
  get comparedAll(): boolean {
    return this.#judged && this.#readers.size === 0
  }

  take(pieces: readonly VolumePiece[]): void {
    if (!this.#judged) return
    for (const piece of pieces) {
      if ('chunk' in piece) this.#readerOf(piece.bagFile)?.take(piece.chunk)
      else this.#takeEntry(piece)
    }
  }

  #takeEntry(entry: MetEntry): void {
    const bagFile = bagFiles.find((name) => name === entry.path)
    if (bagFile) this.#readerOf(bagFile)?.end()
    const { source, name } = this.#record
    const { join, check } = this.#inside
    const met = this.#metAs(entry)
    if (join.meetAsListed(source, met)) return
    const listed = join.meetInVolume(source, entry.path, name)
    const subject = `${source}/${entry.path}`
    if (listed) check.findings.add(...differences(subject, listed, met))
    else check.findings.add(finding('entry-unlisted', subject, `in ${name}, but not in the index`))
  }

  /** A link has the digest of its file, which is compared where it stands itself. */
  #metAs(entry: MetEntry): ListedEntry {
    const { source, name: volume } = this.#record
    const { link = '', sha256 } = entry
    const file = link === '' ? undefined : this.#inside.join.find(source, link)
    return { ...entry, link, sha256: file?.sha256 ?? sha256, volume }
  }

  /** Only in the volume for which the index lists the file: so it is read once, whatever other volumes hold. */
  #readerOf(file: BagFile): LineReader | undefined {
    const { source, name } = this.#record
    if (!this.#readers.has(file)) {
      const here = this.#inside.join.find(source, file)?.volume === name
      this.#readers.set(file, here ? bagReader(this.#inside, source, file) : undefined)
    }
    return this.#readers.get(file)
  }
}

function differences(subject: string, listed: ListedEntry, met: ListedEntry): Finding[] {
  const words = {
    type: 'type',
    link: 'file',
    size: 'size in bytes',
    sha256: 'SHA-256',
    volume: 'volume',
  } as const
  return (['volume', 'type', 'link', 'size', 'sha256'] as const)
    .filter((key) => listed[key] !== met[key])
    .map((key) =>
      finding('entry-differs', subject, `its ${words[key]} differs`, {
        expected: listed[key],
        got: met[key],
      }),
    )
}

/** What the index of a source lists and no volume held, or what is both a file and a folder. */
export function checkUnmet(inside: Inside, { name }: SourceRecord): void {
  if (inside.unread.has(name)) return
  for (const path of inside.join.filesAsFolders(name))
    inside.check.findings.add(finding('hostile-content', `${name}/${path}`, 'it is a file and a folder'))
  let hidden = 0
  for (const { path, volume } of inside.join.unmet(name, 'volume')) {
    if (inside.check.broken.has(volume)) hidden++
    else
      inside.check.findings.add(
        finding('entry-missing', `${name}/${path}`, `listed in ${volume}, but not there`),
      )
  }
  if (hidden > 0)
    inside.check.notChecked.push(`${hidden} entries of source ${name}: their volumes cannot be read whole`)
}
