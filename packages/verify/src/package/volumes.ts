import { createHash } from 'node:crypto'
import { readVolume, type VolumeEntry } from '@restitute/archive'
import type { SourceRecord, VolumeRecord } from '@restitute/manifest'
import { type Finding, finding } from '../findings.ts'
import { bagReader } from './bag.ts'
import type { ListedEntry } from './entry-join.ts'
import { stopIfAborted } from './files.ts'
import { type Inside, unreadable } from './inside.ts'

/** Decrypts one volume and compares every entry in it with what the index lists. */
export async function checkVolume(inside: Inside, record: VolumeRecord): Promise<void> {
  const { check, opener } = inside
  if (check.broken.has(record.name)) return
  const { destination } = check.package
  try {
    for await (const entry of readVolume({
      destination,
      record,
      opener,
      signal: check.signal,
      onProgress: check.onBytes,
    })) {
      inside.opened = true
      await checkEntry(inside, record, entry)
    }
  } catch (thrown) {
    stopIfAborted(check.signal)
    await unreadable(inside, record, thrown, 'volume-undecryptable')
  }
}

async function checkEntry(inside: Inside, record: VolumeRecord, entry: VolumeEntry): Promise<void> {
  if (inside.unread.has(record.source)) return
  const sha256 = await digestOf(inside, entry)
  const listed = inside.join.meet(record.source, entry.path, 'volume')
  const subject = `${record.source}/${entry.path}`
  if (!listed)
    inside.check.findings.add(finding('entry-unlisted', subject, `in ${record.name}, but not in the index`))
  else if (listed.again)
    inside.check.findings.add(finding('entry-unlisted', subject, `a second time, in ${record.name}`))
  else inside.check.findings.add(...differences(subject, listed, { ...entry, sha256, volume: record.name }))
}

async function digestOf(inside: Inside, entry: VolumeEntry): Promise<string> {
  if (entry.type === 'directory') return ''
  const hash = createHash('sha256')
  const reader = bagReader(inside, entry)
  for await (const chunk of entry.content()) {
    hash.update(chunk)
    reader?.take(chunk)
  }
  reader?.end()
  return hash.digest('hex')
}

function differences(subject: string, listed: ListedEntry, met: ListedEntry): Finding[] {
  const words = { type: 'type', size: 'size in bytes', sha256: 'SHA-256', volume: 'volume' } as const
  return (['volume', 'type', 'size', 'sha256'] as const)
    .filter((key) => listed[key] !== met[key])
    .map((key) =>
      finding('entry-differs', subject, `its ${words[key]} differs`, {
        expected: listed[key],
        got: met[key],
      }),
    )
}

/** What the index of a source lists and no volume held. */
export function checkUnmet(inside: Inside, { name }: SourceRecord): void {
  if (inside.unread.has(name)) return
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
