import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Json } from '@restitute/core'
import type { Dossier } from '@restitute/dossier'
import { readDocument, type Sha256, sha256Hex } from '@restitute/manifest'
import { type Finding, finding } from '@restitute/verify'

/** A file of an unpacked bundle, with the SHA-256 of its bytes. */
interface HashedFile {
  readonly name: string
  readonly sha256: Sha256
}

/**
 * What a bundle lacks, and what it has too many. Every document that one of its certificates rests on is there: what was
 * taken out could not be compared. Nothing is there that no event names: a page that says something else would be
 * read beside what is proved.
 */
export async function contentsFindings(
  { paths, ledger }: Dossier,
  names: readonly string[],
  certificates: readonly Uint8Array[],
): Promise<Finding[]> {
  const files = await hashed(paths.documents, names)
  const named = new Set(ledger.events().flatMap(({ body }) => textsIn(body)))
  return [...missing(files, certificates), ...files.filter(({ sha256 }) => !named.has(sha256)).map(unnamed)]
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

function textsIn(value: Json): readonly string[] {
  if (typeof value === 'string') return [value]
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(textsIn)
}

function missing(files: readonly HashedFile[], certificates: readonly Uint8Array[]): Finding[] {
  const held = new Set(files.map(({ sha256 }) => sha256))
  const wanted = certificates.flatMap((bytes) => {
    const { orderSha256, receiptSha256, packages } = readDocument('certificate', bytes)
    const manifests = packages.map((one): [string, Sha256] => [`manifest-${one.package}`, one.manifestSha256])
    return [['order', orderSha256], ['receipt', receiptSha256], ...manifests] as const
  })
  return [...new Map(wanted.map(([what, sha256]) => [sha256, what]))]
    .filter(([sha256]) => !held.has(sha256))
    .map(([expected, what]) =>
      finding('document-missing', what, 'a certificate rests on it, and the bundle does not hold it', {
        expected,
      }),
    )
}

function unnamed({ name }: HashedFile): Finding {
  return finding('document-unnamed', name, 'no event names it: nothing in it is proved, whatever it says')
}
