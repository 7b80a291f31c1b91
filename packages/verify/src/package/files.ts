import { eachLimited, RestituteError } from '@restitute/core'
import type { FileRecord, Manifest } from '@restitute/manifest'
import { type Finding, finding } from '../findings.ts'
import type { Check } from './check.ts'

// Whoever checks one disk of several must not take what lies on the others for lost.
const elsewhere =
  'it is not in the package; of one that came on several media, all have to be gathered in one folder first'

/** Every file that the manifest names. */
export function recordsOf({ volumes, indexes, files }: Manifest): FileRecord[] {
  return [...indexes, ...volumes, ...files]
}

/** Which files are there against which the manifest names, and how long they are. */
export async function checkListing(check: Check): Promise<void> {
  const { destination, manifest, signatures } = check.package
  const own = ['manifest.json', 'SHA256SUMS', ...signatures.flatMap(({ name }) => [name, `${name}.tsr`])]
  const records = new Map(recordsOf(manifest).map((record) => [record.name, record]))
  const absent = new Set([...records.keys(), 'SHA256SUMS'])
  for await (const { name, bytes, mark } of destination.list({ unfinished: true })) {
    absent.delete(name)
    const record = records.get(name)
    if (record) {
      checkSize(check, record, bytes)
      check.sound.saw(name, mark)
    } else if (!own.includes(name))
      check.findings.add(finding('file-unlisted', name, 'the manifest does not name it'))
  }
  const volumes = new Set(manifest.volumes.map(({ name }) => name))
  for (const name of absent) {
    check.broken.add(name)
    check.findings.add(
      finding('file-missing', name, volumes.has(name) ? elsewhere : 'it is not in the package'),
    )
  }
}

function checkSize(check: Check, record: FileRecord, bytes: number): void {
  if (bytes === record.bytes) return
  check.broken.add(record.name)
  check.findings.add(sizeDiffers(record, bytes))
}

/** Hashes files, several at a time, and compares them with their records; volumes found sound before are passed over. */
export async function checkDigests(check: Check, records: readonly FileRecord[]): Promise<void> {
  const { workers, sound, broken, findings } = check
  const found = new Map<string, Finding>()
  const due = records.filter((record) => !broken.has(record.name) && !passedOver(check, record))
  const digest = async (record: FileRecord, signal: AbortSignal): Promise<void> => {
    const one = await fileFinding({ ...check, signal }, record)
    if (one) found.set(record.name, one)
    else await sound.note(record, 'outside')
  }
  await eachLimited(workers.atOnce, due, digest, check.signal)
  for (const { name } of due) {
    const one = found.get(name)
    if (!one) continue
    broken.add(name)
    findings.add(one)
  }
}

function passedOver({ sound, onBytes }: Check, record: FileRecord): boolean {
  if (!sound.known(record, 'outside')) return false
  sound.pass()
  onBytes(record.bytes)
  return true
}

/** How a file's bytes differ from its record, if they do. */
export async function fileFinding(check: Check, record: FileRecord): Promise<Finding | undefined> {
  const { signal, onBytes } = check
  const { bytes, sha256 } = await check.workers.digest(record, { signal, onBytes })
  if (bytes !== record.bytes) return sizeDiffers(record, bytes)
  if (sha256 === record.sha256) return undefined
  return finding('file-digest-differs', record.name, 'its SHA-256 differs', {
    expected: record.sha256,
    got: sha256,
  })
}

function sizeDiffers(record: FileRecord, got: number): Finding {
  return finding('file-size-differs', record.name, 'its length in bytes differs', {
    expected: record.bytes,
    got,
  })
}

/** Throws `interrupted` once the signal is set. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return
  throw new RestituteError('interrupted', 'verification interrupted before the end', { cause: signal.reason })
}
