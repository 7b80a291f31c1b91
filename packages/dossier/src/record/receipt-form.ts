import { extname } from 'node:path'
import { type JsonObject, RestituteError } from '@restitute/core'
import { type Fingerprint, type ReceiptForm, type Sha256, sha256Hex } from '@restitute/manifest'
import type { LoadedContract } from '../contract/loaded.ts'
import { receiptForms } from '../contract/receipt-signers.ts'
import { readBounded } from '../files.ts'
import { isClient, type Signed, type X509Judge } from '../signatures.ts'
import { storeDocument } from '../signed-documents.ts'
import type { SignedFile } from './keep.ts'
import type { RecordOptions } from './options.ts'

/** Who may sign a receipt by X.509 under a contract, judged at a moment; undefined where it does not accept that. */
export function x509For(terms: LoadedContract, at: Date): X509Judge | undefined {
  if (!receiptForms(terms.contract).includes('x509')) return undefined
  return { anchors: terms.receiptSigners, at }
}

/** Whether a good signature on a receipt is the client's: any by X.509 is, since only who signs for the client is an anchor. */
export function isClients(terms: LoadedContract, { form, fingerprint }: Signed): boolean {
  return form === 'x509' || isClient(terms, fingerprint)
}

/** By which accepted form good signatures on a receipt are the client's; undefined when by none. OpenPGP comes first. */
export function signedForm(terms: LoadedContract, signed: readonly Signed[]): ReceiptForm | undefined {
  const accepted = receiptForms(terms.contract)
  const forms = signed.filter((one) => isClients(terms, one)).map(({ form }) => form ?? 'openpgp')
  return (['openpgp', 'x509'] as const).find((form) => accepted.includes(form) && forms.includes(form))
}

/**
 * What the event of a receipt says of its form beside the signers: nothing for OpenPGP. A receipt signed by hand is taken
 * with the scan of its page, which is kept in `documents/`; it rests on the word of who records it. Throws
 * `signature-invalid` for a form that the contract does not accept, and for a receipt that nobody has signed.
 */
export async function receiptFormFacts(o: RecordOptions, file: SignedFile): Promise<JsonObject> {
  const { terms } = o.dossier
  const form = signedForm(terms, file.signed)
  if (form !== undefined) {
    if (o.scan !== undefined)
      throw new RestituteError('usage', `${file.name}: it is signed, and needs no scan`)
    return form === 'openpgp' ? {} : { form }
  }
  const accepted = receiptForms(terms.contract)
  if (o.scan === undefined || !accepted.includes('handwritten')) throw notSigned(o, file.name, accepted)
  if (!isHostPerson(terms, o.key.fingerprint)) throw nobodysWord(o)
  return { form: 'handwritten', scanSha256: await keepScan(o, o.scan) }
}

/** Whether a key is a natural person's of the host, who can answer for what nobody can verify. */
export function isHostPerson({ keys }: LoadedContract, fingerprint: Fingerprint): boolean {
  return keys.persons.get(fingerprint)?.person.party === 'host'
}

function nobodysWord({ key }: RecordOptions): RestituteError {
  return new RestituteError(
    'key-wrong',
    `receipt: a person of the host takes in what is signed by hand, and ${key.fingerprint} is none`,
    { hint: 'record it with the key of a person of the contract (--as)' },
  )
}

function notSigned({ scan }: RecordOptions, name: string, accepted: readonly ReceiptForm[]): RestituteError {
  const forms = accepted.join(', ')
  if (scan !== undefined)
    return new RestituteError(
      'signature-invalid',
      `${name}: the contract accepts no receipt signed by hand, only ${forms}`,
      { details: { accepted } },
    )
  return new RestituteError('signature-invalid', `${name}: no good signature of the client`, {
    hint: `the contract accepts ${forms}: lay the detached signature beside it as ${name}.<fingerprint>.asc, or ${name}.p7s by X.509`,
    details: { missing: ['client'], accepted },
  })
}

/** Largest scan, in bytes. */
const maxScanBytes = 16 * 1024 * 1024

/** First bytes of what a scanner writes, and the extension it gets. */
const scans: readonly (readonly [extension: string, magic: string])[] = [
  ['pdf', '255044462d'],
  ['png', '89504e470d0a1a0a'],
  ['jpg', 'ffd8ff'],
  ['tif', '49492a00'],
  ['tif', '4d4d002a'],
]

async function keepScan({ dossier, operation }: RecordOptions, path: string): Promise<Sha256> {
  const bytes = await readBounded(path, maxScanBytes)
  const head = Buffer.from(bytes.subarray(0, 8)).toString('hex')
  const [extension] = scans.find(([, magic]) => head.startsWith(magic)) ?? []
  if (extension === undefined)
    throw new RestituteError(
      'document-invalid',
      `scan: expected PDF, PNG, JPEG or TIFF, got a ${extname(path)} file that is none`,
    )
  const sha256 = sha256Hex(bytes)
  if (dossier.ledger.events().some(({ body }) => body['scanSha256'] === sha256))
    throw new RestituteError('usage', 'scan: this page was taken with another receipt already')
  await storeDocument({ dossier, stem: `scan-${operation}`, extension, bytes, signatures: new Map() })
  return sha256
}
