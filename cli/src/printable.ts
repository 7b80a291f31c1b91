import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { certificateHtml, type DocumentSignature, type Edition, receiptHtml } from '@restitute/documents'
import type { Certificate, Contract, Receipt } from '@restitute/manifest'
import type { SignedFile } from './signed-files.ts'

/** Number of the reversibility requirement in the edition that the contract names (R45). */
const requirements: Readonly<Record<Contract['profile'], string>> = {
  'hds-2022-draft': 'EXI 32 (2022)',
  'hds-2.0': 'EXI 27 (v2.0)',
}

/** Writes the receipt's pages beside it, in French and in English; returns their paths. */
export async function printableReceipt(
  file: SignedFile,
  receipt: Receipt,
  bytes: Uint8Array,
  profile: Contract['profile'],
): Promise<string[]> {
  return writeBoth(file, profile, (edition) => receiptHtml(receipt, bytes, [signatureOf(file)], edition))
}

/** {@link printableReceipt}, for a certificate. */
export async function printableCertificate(
  file: SignedFile,
  certificate: Certificate,
  bytes: Uint8Array,
  profile: Contract['profile'],
): Promise<string[]> {
  return writeBoth(file, profile, (edition) =>
    certificateHtml(certificate, bytes, [signatureOf(file)], edition),
  )
}

async function writeBoth(
  file: SignedFile,
  profile: Contract['profile'],
  page: (edition: Edition) => string,
): Promise<string[]> {
  const languages = ['fr', 'en'] as const
  return Promise.all(
    languages.map(async (language) => {
      const path = file.path.replace(/\.json$/, `.${language}.html`)
      await writeFile(path, page({ language, requirement: requirements[profile], name: basename(file.path) }))
      return path
    }),
  )
}

function signatureOf(file: SignedFile): DocumentSignature {
  const name = basename(file.signature)
  return { name, fingerprint: name.split('.').at(-2) ?? '' }
}
