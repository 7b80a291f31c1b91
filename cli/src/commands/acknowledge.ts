import { randomUUID } from 'node:crypto'
import type { Package } from '@restitute/archive'
import { counted, isoTime, type Json, RestituteError, shellWord } from '@restitute/core'
import {
  type Contract,
  documentBytes,
  type Receipt,
  type ReceiptForm,
  type ReceiptSource,
} from '@restitute/manifest'
import { type DeliverySummary, openSeries, summariseDelivery } from '@restitute/run'
import type { PrivateKey } from '@restitute/seal'
import type { Report } from '@restitute/verify'
import { checkPackage } from '../check-package.ts'
import { type CommandDefinition, flag, given, secretOption, text, texts } from '../command.ts'
import { openFolder } from '../new-file.ts'
import { openPackages } from '../packages.ts'
import { printableReceipt, printableUnsigned } from '../printable.ts'
import { orRefused, stated, unopened } from '../refused-delivery.ts'
import type { Outcome, Session } from '../session.ts'
import { signDocument, writeUnsigned } from '../signed-files.ts'
import { packageTrust } from '../trust.ts'

/** What `acknowledge` is told. */
export interface AcknowledgeOptions {
  readonly packages: readonly string[]
  readonly decision: Receipt['decision']
  readonly reservations: readonly string[]
  readonly consentDestruction: boolean
  /** Sources that the client restored and tried. */
  readonly tried: readonly string[]
  readonly documentation: boolean
  readonly clientBackup: boolean
  readonly function?: string
  /** How it is signed: default by the key that acts; otherwise it is written unsigned. */
  readonly form?: ReceiptForm
  /** Who signs, where that is not by the key that acts. */
  readonly name?: string
  /** Edition of the HDS référentiel that the pages name. */
  readonly profile: Contract['profile']
  readonly out: string
  readonly signers: readonly string[]
}

/** Checks a delivery in full with the client's key and writes the client's signed receipt. */
export async function acknowledge(session: Session, options: AcknowledgeOptions): Promise<Outcome> {
  refuseContradiction(options)
  const key = await session.actor()
  const packages = await openPackages(session, options.packages)
  refuseUnknown(packages, options.tried)
  await openFolder(options.out)
  const trust = await packageTrust(session, options.signers, packages)
  const reports: Report[] = []
  for (const { place, manifest } of packages) {
    const known = packages.map((p) => ({ package: p.manifest.package, manifestSha256: p.sha256 }))
    session.note(`checking ${manifest.package}`)
    const check = { trust, opener: { privateKeys: [key] }, known }
    reports.push(await orRefused(options.decision, checkPackage(session, place, check), () => unopened))
  }
  refuseUnlessFit(reports, options.decision)
  const summary = await orRefused(options.decision, summaryOf(session, packages, key), () => stated(packages))
  const { form = 'openpgp' } = options
  const signer = form === 'openpgp' ? key.publicKey.userId : signerName(options)
  const receipt = receiptOf(session, options, packages, reports, summary, signer)
  const bytes = documentBytes('receipt', receipt)
  if (form !== 'openpgp') return unsigned(options, receipt, bytes, form)
  return signed(session, options, receipt, bytes, key)
}

/**
 * What is signed must say what is meant: reservations without one and a refusal without a reason give the host nothing
 * to mend; a reservation beside a plain acceptance leaves open which of the two counts.
 */
function refuseContradiction({ decision, reservations }: AcknowledgeOptions): void {
  const said = reservations.some((text) => text.trim() !== '')
  if (said !== (decision === 'accepted')) return
  const found = said ? 'a reservation beside it' : decision === 'refused' ? 'no reason' : 'none'
  const decide = said ? ', and decide by --decision reservations or refused' : ''
  throw new RestituteError('usage', `--decision ${decision}: got ${found}`, {
    hint: `name each with --reservation "…"${decide}`,
  })
}

/** A name with a slip in it would leave the source "not checked" in what the client signs. */
function refuseUnknown(packages: readonly Package[], tried: readonly string[]): void {
  const names = [...new Set(packages.flatMap(({ manifest }) => manifest.sources.map(({ name }) => name)))]
  const unknown = tried.find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw new RestituteError('usage', `--tried: no source "${unknown}" in these packages`, {
    hint: `they hold ${names.join(', ')}`,
  })
}

async function summaryOf(
  { signal }: Session,
  packages: readonly Package[],
  key: PrivateKey,
): Promise<DeliverySummary> {
  await using series = await openSeries(packages, { privateKeys: [key] }, signal)
  return summariseDelivery(series)
}

function signerName({ name }: AcknowledgeOptions): string {
  if (name !== undefined) return name
  throw new RestituteError(
    'usage',
    'acknowledge: who signs? give --name where the receipt is signed by X.509 or by hand',
  )
}

async function signed(
  session: Session,
  options: AcknowledgeOptions,
  receipt: Receipt,
  bytes: Uint8Array,
  key: PrivateKey,
): Promise<Outcome> {
  const at = session.clock.now()
  const file = await signDocument({
    folder: options.out,
    stem: `receipt-${receipt.operation}`,
    bytes,
    key,
    at,
  })
  const printable = { file, bytes, signedAt: at, signer: key.publicKey.userId, profile: options.profile }
  const pages = await printableReceipt(printable, receipt)
  return {
    exit: 0,
    json: { receipt: file.path, signature: file.signature, pages, ...answerJson(receipt) },
    lines: [
      ...summaryLines(receipt, file.path),
      `signature  ${file.signature}`,
      ...pages.map((page) => `page       ${page}`),
    ],
  }
}

/** The receipt and its pages, to be signed elsewhere; until then it binds nobody. */
async function unsigned(
  { out, profile }: AcknowledgeOptions,
  receipt: Receipt,
  bytes: Uint8Array,
  form: ReceiptForm,
): Promise<Outcome> {
  const path = await writeUnsigned(out, `receipt-${receipt.operation}`, bytes)
  const pages = await printableUnsigned({ path, bytes, profile, form }, receipt)
  const file = shellWord(path)
  const next =
    form === 'x509'
      ? `NOT SIGNED YET: openssl cms -sign -binary -in ${file} -signer <certificate> -inkey <key> -outform PEM -out ${shellWord(`${path}.p7s`)}`
      : 'NOT SIGNED YET: print a page, sign it by hand, and send the host its scan with the receipt'
  return {
    exit: 0,
    json: { receipt: path, form, pages, ...answerJson(receipt) },
    lines: [...summaryLines(receipt, path), ...pages.map((page) => `page       ${page}`), next],
  }
}

function answerJson({ decision, consent }: Receipt): Record<string, Json> {
  return { decision, consent: consent.destruction, lossesAccepted: consent.accepts.length }
}

/** Accepting what does not verify would be a false statement: only a refusal may be signed over findings. */
function refuseUnlessFit(reports: readonly Report[], decision: Receipt['decision']): void {
  const bad = reports.find((report) => report.verdict !== 'valid')
  if (bad === undefined || decision === 'refused') return
  if (bad.verdict === 'invalid') {
    throw new RestituteError(
      'invalid',
      `cannot acknowledge: ${bad.findings.find((f) => f.severity === 'error')?.message ?? 'a package is invalid'}`,
      {
        hint: 'restitute verify shows every finding; --decision refused can be signed',
      },
    )
  }
  throw new RestituteError(
    'origin-unknown',
    'cannot acknowledge: it is not established who signed the package',
    {
      hint: "name the key of the host's operator with --signer, or a folder with the signed contract with --dossier",
    },
  )
}

function receiptOf(
  session: Session,
  options: AcknowledgeOptions,
  packages: readonly Package[],
  reports: readonly Report[],
  summary: DeliverySummary,
  signerName: string,
): Receipt {
  const newest = packages.at(-1)?.manifest
  if (newest === undefined) throw new RestituteError('usage', 'expected at least one package')
  return {
    schema: 'restitute/receipt/v1',
    id: randomUUID(),
    createdAt: isoTime(session.clock.now()),
    contract: newest.contract,
    operation: newest.operation,
    ...(newest.demonstration ? { demonstration: true as const } : {}),
    packages: summary.packages,
    sources: Object.entries(summary.sources).map(([source, tally]) =>
      sourceLine(source, tally, reports, options.tried),
    ),
    documentationReceived: options.documentation,
    clientBackup: options.clientBackup,
    decision: options.decision,
    reservations: options.reservations,
    consent: {
      destruction: options.consentDestruction,
      accepts: options.consentDestruction ? summary.losses : [],
    },
    signer: { name: signerName, ...(options.function === undefined ? {} : { function: options.function }) },
  }
}

function sourceLine(
  source: string,
  tally: { readonly items: number; readonly bytes: number },
  reports: readonly Report[],
  tried: readonly string[],
): ReceiptSource {
  const verdict = reports.every((report) => report.verdict === 'valid') ? 'passed' : 'failed'
  return {
    source,
    integrity: verdict,
    decryption: verdict,
    completeness: verdict,
    exploitability: tried.includes(source) ? 'passed' : 'not-checked',
    ...tally,
  }
}

function summaryLines(receipt: Receipt, path: string): string[] {
  const accepts = receipt.consent.accepts.length
  return [
    `decision: ${receipt.decision}`,
    receipt.consent.destruction
      ? `consent to destruction: yes${accepts > 0 ? `, ${counted(accepts, 'undelivered item')} listed` : ''}`
      : 'consent to destruction: no',
    `receipt    ${path}`,
  ]
}

/** `restitute acknowledge`. */
export const acknowledgeCommand: CommandDefinition = {
  name: 'acknowledge',
  args: '<package...>',
  summary: "check a delivery in full and write the client's signed receipt",
  options: [
    {
      flags: '--decision <decision>',
      description: 'what the client answers',
      choices: ['accepted', 'reservations', 'refused'],
      required: true,
    },
    {
      flags: '--reservation <text>',
      description: 'a reservation or the reason of a refusal',
      repeatable: true,
    },
    {
      flags: '--consent-destruction',
      description:
        'also consent to the destruction of every copy at the host, undelivered items included (they are listed)',
    },
    { flags: '--tried <source>', description: 'a source that was restored and tried', repeatable: true },
    { flags: '--documentation', description: 'the documentation was received' },
    { flags: '--backup', description: "the client's own backup is made" },
    { flags: '--function <text>', description: 'function of who signs' },
    {
      flags: '--form <form>',
      description:
        'how it is signed, as the contract accepts: by the key that acts, or written unsigned for openssl cms or a hand',
      choices: ['openpgp', 'x509', 'handwritten'],
      default: 'openpgp',
    },
    { flags: '--name <text>', description: 'who signs, where that is by X.509 or by hand' },
    {
      flags: '--profile <edition>',
      description: 'edition of the HDS référentiel that the pages name',
      choices: ['hds-2.0', 'hds-2022-draft'],
      default: 'hds-2.0',
    },
    { flags: '--out <dir>', description: 'folder for the receipt', default: '.' },
    {
      flags: '--signer <key>',
      description: 'who must have signed the package: public key file or fingerprint',
      repeatable: true,
    },
    secretOption,
  ],
  examples: [
    'restitute acknowledge R1-0001 --as client.key --signer operator.asc --decision accepted --backup --documentation --consent-destruction',
    'restitute acknowledge R1-0001 --as client.key --signer operator.asc --decision refused --reservation "images of 2019 are missing"',
    'restitute acknowledge R1-0001 --as client.key --signer operator.asc --decision accepted --form x509 --name "C. Client" --backup',
  ],
  notes: [
    'Accepting needs the key that decrypts (--as) whatever the form: the receipt quotes what only who decrypted has read.',
    'By X.509 and by hand the receipt is written unsigned; by hand it is declared, and never cryptographically verified.',
  ],
  run: (session, packages, options) =>
    acknowledge(session, {
      packages,
      decision: text(options, 'decision') as Receipt['decision'],
      reservations: texts(options, 'reservation'),
      consentDestruction: flag(options, 'consentDestruction'),
      tried: texts(options, 'tried'),
      documentation: flag(options, 'documentation'),
      clientBackup: flag(options, 'backup'),
      ...given(options, 'function', 'name'),
      form: text(options, 'form') as ReceiptForm,
      profile: text(options, 'profile') as Contract['profile'],
      out: text(options, 'out') ?? '.',
      signers: texts(options, 'signer'),
    }),
}
