import { createHash } from 'node:crypto'
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { RestituteError } from '@restitute/core'
import type { FileRecord, Manifest } from '@restitute/manifest'
import { eachLimited } from '../each-limited.ts'
import { type Finding, finding } from '../findings.ts'
import type { Check } from './check.ts'

const atOnce = 2
const bytesBetweenYields = 8 * 1024 * 1024

/** Every file that the manifest names. */
export function recordsOf({ volumes, indexes, files }: Manifest): FileRecord[] {
  return [...indexes, ...volumes, ...files]
}

/** Which files are there against which the manifest names, and how long they are. */
export async function checkListing(check: Check): Promise<void> {
  const { destination, manifest, signatures } = check.package
  const own = ['manifest.json', 'SHA256SUMS', ...signatures.map(({ name }) => name)]
  const stamps = signatures.map(({ name }) => `${name}.tsr`)
  const records = new Map(recordsOf(manifest).map((record) => [record.name, record]))
  const absent = new Set([...records.keys(), 'SHA256SUMS'])
  for await (const { name, bytes } of destination.list({ unfinished: true })) {
    absent.delete(name)
    const record = records.get(name)
    if (record) checkSize(check, record, bytes)
    else if (stamps.includes(name))
      check.findings.add(finding('stamp-unchecked', name, 'this time stamp was not checked'))
    else if (!own.includes(name))
      check.findings.add(finding('file-unlisted', name, 'the manifest does not name it'))
  }
  for (const name of absent) {
    check.broken.add(name)
    check.findings.add(finding('file-missing', name, 'it is not in the package'))
  }
}

function checkSize(check: Check, record: FileRecord, bytes: number): void {
  if (bytes === record.bytes) return
  check.broken.add(record.name)
  check.findings.add(sizeDiffers(record, bytes))
}

/** Hashes files, two at a time, and compares them with their records. */
export async function checkDigests(check: Check, records: readonly FileRecord[]): Promise<void> {
  const sound = records.filter(({ name }) => !check.broken.has(name))
  await eachLimited(atOnce, sound, async (record) => {
    const found = await fileFinding(check, record)
    if (!found) return
    check.broken.add(record.name)
    check.findings.add(found)
  })
}

/** How a file's bytes differ from its record, if they do. */
export async function fileFinding(check: Check, record: FileRecord): Promise<Finding | undefined> {
  const hash = createHash('sha256')
  let bytes = 0
  let unyielded = 0
  const { destination } = check.package
  for await (const chunk of destination.read(record.name, check.signal ? { signal: check.signal } : {})) {
    stopIfAborted(check.signal)
    hash.update(chunk)
    bytes += chunk.length
    unyielded += chunk.length
    check.onBytes(chunk.length)
    if (bytes > record.bytes) return sizeDiffers(record, bytes)
    if (unyielded < bytesBetweenYields) continue
    unyielded = 0
    await yieldToEvents()
  }
  if (bytes !== record.bytes) return sizeDiffers(record, bytes)
  const sha256 = hash.digest('hex')
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
