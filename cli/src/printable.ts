import { writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { isoTime } from '@restitute/core'
import {
  certificateHtml,
  type DocumentSignature,
  type Edition,
  receiptHtml,
  rehearsalHtml,
  scopeHtml,
} from '@restitute/documents'
import type { Certificate, Contract, Receipt, ReceiptForm, Rehearsal, Scope } from '@restitute/manifest'
import { notWritten } from './new-file.ts'
import type { SignedFile } from './signed-files.ts'

/** Number of the reversibility requirement in the edition that the contract names (R45). */
export const requirements: Readonly<Record<Contract['profile'], string>> = {
  'hds-2022-draft': 'EXI 32 (2022)',
  'hds-2.0': 'EXI 27 (v2.0)',
}

/** A document that was just written and signed, and what its pages say beside it. */
export interface Printable {
  readonly file: SignedFile
  readonly bytes: Uint8Array
  readonly signedAt: Date
  /** User id of the key that signed. */
  readonly signer: string
  readonly profile: Contract['profile']
  /** Key → name, for the persons that the document knows by fingerprint only. */
  readonly names?: Edition['names']
}

/** Writes the pages of a receipt that is still to be signed, in that form, beside it; returns their paths. */
export async function printableUnsigned(
  o: Omit<Printable, 'file' | 'signedAt' | 'signer'> & { readonly path: string; readonly form: ReceiptForm },
  receipt: Receipt,
): Promise<string[]> {
  return writeBoth({ ...o, file: o }, (edition) => receiptHtml(receipt, o.bytes, [], edition, o.form))
}

/** Writes the pages of a scope that is still to be signed beside it; returns their paths. */
export async function printableScope(
  o: Pick<Printable, 'bytes' | 'profile'> & { readonly path: string } & Required<Pick<Edition, 'parties'>>,
  scope: Scope,
): Promise<string[]> {
  return writeBoth({ ...o, file: o }, (edition) => scopeHtml(scope, o.bytes, edition))
}

/** Writes the receipt's pages beside it, in French and in English; returns their paths. */
export async function printableReceipt(o: Printable, receipt: Receipt): Promise<string[]> {
  return writeBoth(o, (edition) => receiptHtml(receipt, o.bytes, [signatureOf(o)], edition))
}

/** {@link printableReceipt}, for a certificate. */
export async function printableCertificate(o: Printable, certificate: Certificate): Promise<string[]> {
  return writeBoth(o, (edition) => certificateHtml(certificate, o.bytes, [signatureOf(o)], edition))
}

/** {@link printableReceipt}, for the report of a rehearsal; `all`: every one so far, for the trend. */
export async function printableRehearsal(
  o: Printable,
  report: Rehearsal,
  all: readonly Rehearsal[],
): Promise<string[]> {
  return writeBoth(o, (edition) => rehearsalHtml(report, all, o.bytes, [signatureOf(o)], edition))
}

async function writeBoth(
  o: Pick<Printable, 'profile' | 'names'> &
    Pick<Edition, 'parties'> & { readonly file: Pick<SignedFile, 'path'> },
  page: (edition: Edition) => string,
): Promise<string[]> {
  const languages = ['fr', 'en'] as const
  const shared = {
    requirement: requirements[o.profile],
    name: basename(o.file.path),
    ...(o.names === undefined ? {} : { names: o.names }),
    ...(o.parties === undefined ? {} : { parties: o.parties }),
  }
  return Promise.all(
    languages.map(async (language) => {
      const path = `${o.file.path.replace(/\.json$/, '')}.${language}.html`
      await writeFile(path, page({ ...shared, language })).catch((cause: unknown) => {
        throw notWritten(path, cause)
      })
      return path
    }),
  )
}

function signatureOf({ file, signedAt, signer }: Printable): DocumentSignature {
  const name = basename(file.signature)
  return { name, fingerprint: name.split('.').at(-2) ?? '', signedAt: isoTime(signedAt), signer }
}
