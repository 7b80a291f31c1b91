import { readIndexInGroups } from '@restitute/archive'
import { asRestituteError, compareUtf8 } from '@restitute/core'
import type { IndexEntry, IndexItem, IndexLine, IndexRecord, SourceRecord } from '@restitute/manifest'
import { readSealing } from '@restitute/seal'
import { type FindingCode, finding } from '../findings.ts'
import { stopIfAborted } from './files.ts'
import { checkRecipients, type Inside, unreadable } from './inside.ts'
import { checkItem, type ItemParts, newParts, takePart } from './items.ts'
import { Leaders } from './leaders.ts'
import { checkTallies, newTallies, type Tallies, tallyItem } from './tallies.ts'
import { liesInPlace } from './tree.ts'

/** Where the reading of a source's index lines stands. */
interface Reading {
  readonly inside: Inside
  readonly source: SourceRecord
  readonly tallies: Tallies
  readonly leaders: Leaders
  item: IndexItem | undefined
  parts: ItemParts
  /** Entries without item have begun: no item may follow. */
  tail: boolean
}

/** Reads every index of a source into the join; checks order, items and totals on the way. */
export async function checkIndexes(inside: Inside, source: SourceRecord): Promise<void> {
  const { check } = inside
  using leaders = new Leaders()
  const reading: Reading = {
    inside,
    source,
    tallies: newTallies(source),
    leaders,
    item: undefined,
    parts: newParts(),
    tail: false,
  }
  for (const record of check.package.manifest.indexes.filter((index) => index.source === source.name)) {
    if (check.broken.has(record.name) || !(await readOne(reading, record))) inside.unread.add(source.name)
  }
  if (inside.unread.has(source.name)) {
    check.notChecked.push(
      `entries, items and totals of source ${source.name}: its index cannot be read whole`,
    )
    return
  }
  endItem(reading)
  checkTallies(check, source, reading.tallies)
}

async function readOne(reading: Reading, record: IndexRecord): Promise<boolean> {
  const { inside } = reading
  const { opener, check } = inside
  const { destination } = check.package
  try {
    let header = true
    for await (const lines of readIndexInGroups({ destination, record, opener, signal: check.signal })) {
      for (const line of lines) {
        inside.opened.add(record.name)
        if (!header) takeLine(reading, line as IndexLine, record)
        header = false
      }
    }
    const start = destination.read(record.name, check.signal ? { signal: check.signal } : {})
    const { recipients } = await readSealing(start, opener.privateKeys)
    checkRecipients(inside, record, recipients, 'index-undecryptable')
    check.onBytes(record.bytes)
    return true
  } catch (thrown) {
    stopIfAborted(inside.check.signal)
    await unreadable(inside, record, thrown, indexMismatch(record, thrown))
    return false
  }
}

/** A header's salt, a number or a digest that is not as recorded, or bytes that do not open at all. */
function indexMismatch(record: IndexRecord, thrown: unknown): FindingCode {
  const { code, details } = asRestituteError(thrown)
  if (details['expected'] === record.saltSha256) return 'salt-differs'
  return code === 'document-invalid' || details['expected'] !== undefined
    ? 'index-differs'
    : 'index-undecryptable'
}

function takeLine(reading: Reading, line: IndexLine, record: IndexRecord): void {
  if ('entry' in line) takeEntry(reading, line, record)
  else takeItem(reading, line, record)
}

function takeItem(reading: Reading, item: IndexItem, record: IndexRecord): void {
  endItem(reading)
  const last = reading.item
  if (reading.tail || (last && compareUtf8(last.item, item.item) >= 0)) {
    differs(reading, record, 'items are not in ascending order before the entries without item')
  }
  reading.item = item
  reading.parts = newParts()
  tallyItem(reading.tallies, item)
}

function endItem({ item, parts, inside, source, leaders, tail }: Reading): void {
  if (item && !tail) inside.check.findings.add(...checkItem(source, item, parts, leaders))
}

function takeEntry(reading: Reading, line: IndexEntry, record: IndexRecord): void {
  if (line.item === undefined) {
    endItem(reading)
    reading.tail = true
  } else if (line.item === reading.item?.item && !reading.tail) {
    takePart(reading.parts, line)
    if (!liesInPlace(reading.item, line)) reading.parts.misplaced = true
  } else differs(reading, record, 'an entry does not follow its item')
  const { entry: path, type, link = '', size, sha256 = '', volume } = line
  if (type !== 'directory' && path.startsWith('data/') !== (line.item !== undefined))
    differs(reading, record, 'a file is of an item and lies outside data/, or of none and lies there')
  if (!reading.inside.join.list(reading.source.name, { path, type, link, size, sha256, volume })) {
    differs(reading, record, 'an entry is listed twice')
  }
}

function differs({ inside, source }: Reading, record: IndexRecord, message: string): void {
  inside.check.findings.add(finding('index-differs', record.name, `source ${source.name}: ${message}`))
}
