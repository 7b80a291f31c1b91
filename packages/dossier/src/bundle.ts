import { createWriteStream } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { compareUtf8, RestituteError, systemCode } from '@restitute/core'
import { sha256Hex } from '@restitute/manifest'
import { ZipFile } from 'yazl'
import type { Dossier } from './dossier.ts'
import { readBounded } from './files.ts'
import { readLedgerFile } from './ledger/ledger-file.ts'
import { namedIn } from './named-in.ts'
import { contractCopy } from './pinned-contracts.ts'
import { allKeys } from './signatures.ts'
import { maxDocumentBytes } from './signed-documents.ts'

/** A file of a bundle: its name there, and where its bytes come from. */
export interface BundleFile {
  readonly name: string
  readonly bytes: () => Promise<Uint8Array>
}

/**
 * What a case can be judged by without its dossier: the contract in force with its signatures, the keys, the root
 * certificate of the time-stamping authority, the ledger and every signed document with signatures and stamps. Pages
 * for people and the work folder are left out. `operation` leaves out manifests, orders and certificates of other
 * operations; what the events of the ledger rest on stays, since the ledger is one. Ascending by name. Throws
 * `usage` while no contract is pinned.
 */
export async function bundleFiles(dossier: Dossier, operation?: string): Promise<BundleFile[]> {
  const { paths, terms, pinned } = dossier
  if (!pinned) {
    throw new RestituteError('usage', 'bundle: no contract is in force, so nothing in it could be judged', {
      hint: 'have the contract signed by both parties, then restitute record contract',
    })
  }
  const stored = (await issuedNames(dossier)).filter((name) => isMeant(name, operation))
  const documents = stored.map((name) => fileAt(`documents/${name}`, join(paths.documents, name)))
  const contract = stored.flatMap((name) => contractFile(dossier, name))
  const keys = allKeys(terms).map((key) => inMemory(`keys/${key.fingerprint}.asc`, Buffer.from(key.armored)))
  const authority = terms.authority ? [inMemory('timestamp-authority.pem', terms.authority.certificate)] : []
  const ledger = { name: 'ledger.jsonl', bytes: () => ledgerBytes(dossier) }
  return [...contract, ...keys, ...authority, ledger, ...documents].sort((a, b) =>
    compareUtf8(a.name, b.name),
  )
}

/**
 * What lies in `documents/`, but for our own pages, and for orders and certificates that no event names: a crash came between, or they are
 * being made just now. A letter may be a page, too: an event names it.
 */
async function issuedNames({ paths, ledger }: Dossier): Promise<string[]> {
  const named = namedIn(ledger.events())
  const names = await readdir(paths.documents)
  const strays: string[] = []
  for (const name of names.filter((one) => /^(?:order|certificate)-.*\.json$|\.html$/.test(one))) {
    const bytes = await readBounded(join(paths.documents, name), maxDocumentBytes)
    if (!named.has(sha256Hex(bytes))) strays.push(name)
  }
  return names.filter((name) => !strays.some((stray) => name === stray || name.startsWith(`${stray}.`)))
}

/** The events that the dossier was opened with: not what a crash has cut, nor what others have written since, without its documents. */
async function ledgerBytes({ paths, ledger }: Dossier): Promise<Uint8Array> {
  const { lines } = await readLedgerFile(paths.ledger)
  return Buffer.concat(lines.slice(0, ledger.events().length).flatMap((line) => [line, Buffer.from('\n')]))
}

function isMeant(name: string, operation: string | undefined): boolean {
  if (name.startsWith('.')) return false
  const of = /^(?:manifest|order|certificate)-(R[1-9]\d*)[-.]/.exec(name)?.[1]
  return of === undefined || operation === undefined || of === operation
}

/** The pinned copy under the name that the contract has in a dossier. */
function contractFile({ paths, terms }: Dossier, name: string): BundleFile[] {
  const copy = contractCopy(terms.sha256).name
  if (!name.startsWith(copy)) return []
  return [fileAt(`contract.yaml${name.slice(copy.length)}`, join(paths.documents, name))]
}

function fileAt(name: string, path: string): BundleFile {
  return { name, bytes: () => readBounded(path, maxDocumentBytes) }
}

function inMemory(name: string, bytes: Uint8Array): BundleFile {
  return { name, bytes: async () => bytes }
}

// The same files give the same bytes: no times of the machine, whose zone the ZIP format would also bring in.
const entryOptions = { mtime: new Date(1980, 0, 1), mode: 0o100644, forceDosTimestamp: true }

/** Writes these files as a ZIP; `usage` when there is a file already, `destination-failed` when it cannot be written. */
export async function writeBundle(files: readonly BundleFile[], out: string): Promise<void> {
  const zip = new ZipFile()
  const writing = pipeline(
    zip.outputStream,
    createWriteStream(out, { flags: 'wx', mode: 0o640, flush: true }),
  )
  try {
    await Promise.race([addAll(zip, files), writing])
    await writing
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST')
      throw new RestituteError('usage', `bundle: ${out} is there already`, { cause })
    await rm(out, { force: true }).catch(() => {})
    if (cause instanceof RestituteError) throw cause
    throw new RestituteError('destination-failed', `bundle: cannot write ${out}: ${systemCode(cause)}`, {
      cause,
      hint: 'look at its folder: whether it is there, its rights and its room',
    })
  }
}

async function addAll(zip: ZipFile, files: readonly BundleFile[]): Promise<void> {
  for (const { name, bytes } of files) zip.addBuffer(Buffer.from(await bytes()), name, entryOptions)
  zip.end()
}
