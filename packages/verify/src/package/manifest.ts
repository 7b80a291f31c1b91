import { counted } from '@restitute/core'
import type { Manifest, PackageRef, SourceRecord } from '@restitute/manifest'
import { type Finding, finding } from '../findings.ts'
import { recordsOf } from './files.ts'

/** Whether the manifest agrees with itself, without looking at any other file. */
export function manifestFindings(manifest: Manifest): Finding[] {
  return [
    ...duplicates(
      'file',
      recordsOf(manifest).map(({ name }) => name),
    ),
    ...duplicates(
      'source',
      manifest.sources.map(({ name }) => name),
    ),
    ...named(manifest),
    ...reserved(manifest),
    ...strays(manifest),
    ...manifest.sources.flatMap((source) => sourceFindings(source, manifest)),
  ]
}

/** Whether the package that this one continues is among those the caller has. */
export function baseFinding({ base }: Manifest, known: readonly PackageRef[]): Finding[] {
  if (base === undefined) return []
  const got = known.find((one) => one.package === base.package)
  if (got?.manifestSha256 === base.manifestSha256) return []
  const compared = {
    expected: base.manifestSha256,
    ...(got === undefined ? {} : { got: got.manifestSha256 }),
  }
  return [
    finding(
      'base-missing',
      base.package,
      'the package that this one continues is not among those given',
      compared,
    ),
  ]
}

function duplicates(what: string, names: readonly string[]): Finding[] {
  const seen = new Set<string>()
  return names.flatMap((name) =>
    seen.size === seen.add(name).size ? [inconsistent(name, `this ${what} is named twice`)] : [],
  )
}

/** A package is called after its operation and its place in the delivery, and continues one before it. */
function named({ package: name, operation, sequence, base }: Manifest): Finding[] {
  const expected = `${operation}-${String(sequence).padStart(4, '0')}`
  const before = Number(base?.package.split('-')[1] ?? 0)
  return [
    ...(name === expected ? [] : [inconsistent(name, `its operation and sequence make it ${expected}`)]),
    ...(before < sequence
      ? []
      : [inconsistent(name, `it continues ${base?.package}, which is not before it`)]),
  ]
}

/** A manifest cannot hold its own digest, nor that of a file made after it. */
function reserved(manifest: Manifest): Finding[] {
  return recordsOf(manifest)
    .filter(({ name }) => name === 'SHA256SUMS' || name.startsWith('manifest.json'))
    .map(({ name }) => inconsistent(name, 'a manifest does not name this file'))
}

function strays({ sources, volumes, indexes }: Manifest): Finding[] {
  const names = new Set(sources.map(({ name }) => name))
  return [...volumes, ...indexes]
    .filter(({ source }) => !names.has(source))
    .map(({ name, source }) => inconsistent(name, `it belongs to no source of the manifest (${source})`))
}

function sourceFindings(source: SourceRecord, manifest: Manifest): Finding[] {
  return isNotRead(source, manifest)
    ? [finding('items-lost', source.name, 'the whole source is excluded by the contract, and was not read')]
    : readFindings(source, manifest)
}

/** What `export` states of a source that the contract excludes: it is listed, and nothing of it is there. */
export function isNotRead(
  { name, fingerprint, totals }: SourceRecord,
  { volumes, indexes }: Manifest,
): boolean {
  const holds = [...volumes, ...indexes].some(({ source }) => source === name)
  const hasItems = Object.values(totals).some(({ items }) => items > 0)
  return fingerprint === 'not-read' && !holds && !hasItems
}

function readFindings(source: SourceRecord, manifest: Manifest): Finding[] {
  const { name, totals, reasons, declaredEmpty } = source
  const found: Finding[] = []
  const sum = totals.exported.items + totals.unchanged.items + totals.excluded.items + totals.lost.items
  if (sum !== totals.inventoried.items) {
    const message = 'inventoried items are not the sum of exported, unchanged, excluded and lost ones'
    found.push(finding('totals-differ', name, message, { expected: totals.inventoried.items, got: sum }))
  }
  const withheld = totals.excluded.items + totals.lost.items
  const explained = Object.values(reasons).reduce((all, count) => all + count, 0)
  if (explained !== withheld) {
    const compared = { expected: withheld, got: explained }
    found.push(
      finding('totals-differ', name, 'reasons do not explain every excluded and lost item', compared),
    )
  }
  if (withheld > 0)
    found.push(finding('items-lost', name, `${counted(withheld, 'item')} stated as excluded or lost`))
  if (manifest.base === undefined && totals.unchanged.items + totals.removed.items > 0)
    found.push(
      inconsistent(name, 'items are called unchanged or removed, but this package continues no other'),
    )
  if (totals.inventoried.items === 0 && !declaredEmpty) {
    found.push(
      finding('source-empty', name, 'no item was inventoried, and the contract does not declare it empty'),
    )
  }
  if (!manifest.indexes.some((index) => index.source === name))
    found.push(inconsistent(name, 'this source has no index'))
  return found
}

function inconsistent(subject: string, message: string): Finding {
  return finding('manifest-inconsistent', subject, message)
}
