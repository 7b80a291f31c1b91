import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { openPackage } from '@restitute/archive'
import { pinnedTerms } from '@restitute/dossier'
import { type PackageRef, readDocument, type Sha256, sha256Hex } from '@restitute/manifest'
import type { CertificateFacts, ManifestBytes, SignedBytes } from '@restitute/verify'
import { openTyped } from '../places.ts'
import { rawLines } from '../raw-lines.ts'
import type { Session } from '../session.ts'
import { readSigned } from '../signed-files.ts'
import type { Trusting } from '../trust.ts'
import { contractOf, ledgerKeys, withHand } from './signers.ts'

/** A document, and the packages that were named with it. */
export interface Named {
  readonly path: string
  readonly packages: readonly string[]
}

/** Order and receipt beside the certificate, the ledger above its folder, the packages that were named. */
export async function factsBeside(
  session: Session,
  options: Named,
  certificate: SignedBytes,
  trust: Trusting,
): Promise<CertificateFacts> {
  const folder = dirname(options.path)
  const { contract, operation, orderSha256, receiptSha256, packages } = readDocument(
    'certificate',
    certificate.bytes,
  )
  const order = await signedBeside(folder, `order-${operation}`, orderSha256)
  const receipt = await signedBeside(folder, `receipt-${operation}`, receiptSha256)
  const ledger = join(folder, '..', 'ledger.jsonl')
  const manifests = await manifestsOf(session, options, packages)
  const ofOrder = (bytes: Uint8Array) => {
    const { document, authorisers: quorum } = trust.under(contractOf('order', bytes))
    return { trust: document.order, quorum }
  }
  const ofReceipt = (bytes: Uint8Array) => trust.receipt(sha256Hex(bytes), contractOf('receipt', bytes))
  return {
    ...(order === undefined ? {} : { order: { ...order, ...ofOrder(order.bytes) } }),
    ...(receipt === undefined
      ? {}
      : { receipt: { ...withHand(receipt, trust), trust: ofReceipt(receipt.bytes) } }),
    ...(existsSync(ledger) ? { ledger: { lines: rawLines(ledger), keys: ledgerKeys(trust) } } : {}),
    ...(manifests.length > 0 ? { manifests } : {}),
    scopes: await scopesIn(folder, operation),
    ...termsOf(contract.sha256, trust),
  }
}

/** Of the contract that was ever in force under this digest, or lies there alone. */
function termsOf(sha256: Sha256, { contract, contracts }: Trusting): Pick<CertificateFacts, 'terms'> {
  const known = [...contracts, ...(contract ? [contract] : [])].find((one) => one.sha256 === sha256)
  return known === undefined ? {} : { terms: pinnedTerms(known) }
}

async function scopesIn(folder: string, operation: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(`scope-${operation}`) && name.endsWith('.json'),
  )
  const found = await Promise.all(names.map((name) => readSigned(join(folder, name))))
  return found.map(({ bytes }) => bytes)
}

/** Of the packages that were named, and those kept beside the document now that the packages themselves may be gone. */
export async function manifestsOf(
  session: Session,
  options: Named,
  packages: readonly PackageRef[],
): Promise<ManifestBytes[]> {
  const wanted = new Set(packages.map((ref) => ref.manifestSha256))
  const kept = await Promise.all(
    packages.map((ref) => signedBeside(dirname(options.path), `manifest-${ref.package}`, ref.manifestSha256)),
  )
  const named = await Promise.all(options.packages.map((path) => manifestOf(session, path)))
  const fit = kept.flatMap((file) => (file && wanted.has(sha256Hex(file.bytes)) ? [file] : []))
  return [...new Map([...fit, ...named].map((file) => [sha256Hex(file.bytes), file])).values()]
}

async function manifestOf(session: Session, path: string): Promise<ManifestBytes> {
  const { manifestBytes } = await openPackage(await openTyped(session, path))
  return { name: basename(path), bytes: manifestBytes }
}

/** The document of that digest; failing that any of that name, so that the difference is found and named. */
async function signedBeside(folder: string, stem: string, sha256: string): Promise<SignedBytes | undefined> {
  const names = (await readdir(folder))
    .filter((name) => name.startsWith(stem) && name.endsWith('.json'))
    .sort()
  const found = await Promise.all(names.map((name) => readSigned(join(folder, name))))
  return found.find(({ bytes }) => sha256Hex(bytes) === sha256) ?? found.at(-1)
}
