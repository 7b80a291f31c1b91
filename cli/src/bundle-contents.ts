import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Dossier, keyCopy, namedIn } from '@restitute/dossier'
import { type LedgerEvent, readDocument, type Sha256, sha256Hex } from '@restitute/manifest'
import { type Finding, finding } from '@restitute/verify'

/** A file of an unpacked bundle, with the SHA-256 of its bytes. */
interface HashedFile {
  readonly name: string
  readonly sha256: Sha256
}

/**
 * What a bundle lacks, and what it has too many. Every document that one of its certificates rests on, and each objection,
 * is there: what was taken out could not be compared. Nothing is there that no event names: a page that says something else would be
 * read beside what is proved.
 */
export async function contentsFindings(
  { paths, ledger }: Dossier,
  names: readonly string[],
  certificates: readonly Uint8Array[],
): Promise<Finding[]> {
  const files = await hashed(paths.documents, names)
  const events = ledger.events()
  const named = namedIn(events)
  return [
    ...missing(files, [...certificates.flatMap(restsOn), ...objections(events)]),
    ...files.filter((file) => isUnnamed(file, named)).map(unnamed),
  ]
}

/** Of `documents/`, without what is beside a file: its signatures and their stamps. */
async function hashed(folder: string, names: readonly string[]): Promise<HashedFile[]> {
  const own = names.filter((name) => name.startsWith('documents/')).map((name) => basename(name))
  const isBeside = (name: string): boolean =>
    /\.(?:asc|tsr|p7s)$/.test(name) && own.some((other) => name.startsWith(`${other}.`))
  const files: HashedFile[] = []
  for (const name of own.filter((one) => !isBeside(one)))
    files.push({ name, sha256: sha256Hex(await readFile(join(folder, name))) })
  return files
}

function missing(files: readonly HashedFile[], wanted: readonly (readonly [string, Sha256])[]): Finding[] {
  const held = new Set(files.map(({ sha256 }) => sha256))
  return [...new Map(wanted.map(([what, sha256]) => [sha256, what]))]
    .filter(([sha256]) => !held.has(sha256))
    .map(([expected, what]) =>
      finding('document-missing', what, 'the bundle does not hold this document', { expected }),
    )
}

function restsOn(certificate: Uint8Array): (readonly [string, Sha256])[] {
  const { orderSha256, receiptSha256, packages } = readDocument('certificate', certificate)
  const manifests = packages.map((one) => [`manifest-${one.package}`, one.manifestSha256] as const)
  return [['order', orderSha256], ['receipt', receiptSha256], ...manifests]
}

/** The words of who objected: the event says only that somebody did. */
function objections(events: readonly LedgerEvent[]): (readonly [string, Sha256])[] {
  return events
    .filter(({ type }) => ['contest', 'hold', 'withdrawal'].includes(type))
    .map(({ type, sequence, body: { sha256 } }) => [
      `${type} of event ${sequence}`,
      typeof sha256 === 'string' ? sha256 : 'none',
    ])
}

/** A certificate is judged by itself, and says when no event records it; the key of a holder is looked up by its fingerprint. */
function isUnnamed({ name, sha256 }: HashedFile, named: ReadonlySet<string>): boolean {
  const isJudged = /^certificate-.*\.json$/.test(name) || name === keyCopy(sha256).name
  return !isJudged && !named.has(sha256)
}

function unnamed({ name }: HashedFile): Finding {
  return finding('document-unnamed', name, 'no event names it: nothing in it is proved, whatever it says')
}
