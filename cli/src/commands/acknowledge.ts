import { randomUUID } from 'node:crypto'
import type { Package } from '@restitute/archive'
import { counted, isoTime, RestituteError } from '@restitute/core'
import { type Contract, documentBytes, type Receipt, type ReceiptSource } from '@restitute/manifest'
import { type DeliverySummary, openSeries, summariseDelivery } from '@restitute/run'
import type { Report } from '@restitute/verify'
import { checkPackage } from '../check-package.ts'
import { type CommandDefinition, flag, given, secretOption, text, texts } from '../command.ts'
import { openPackages } from '../packages.ts'
import { printableReceipt } from '../printable.ts'
import type { Outcome, Session } from '../session.ts'
import { type SignedFile, signDocument } from '../signed-files.ts'
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
  /** Edition of the HDS référentiel that the pages name. */
  readonly profile: Contract['profile']
  readonly out: string
  readonly signers: readonly string[]
}

/** Checks a delivery in full with the client's key and writes the client's signed receipt. */
export async function acknowledge(session: Session, options: AcknowledgeOptions): Promise<Outcome> {
  const key = await session.actor()
  const packages = await openPackages(session, options.packages)
  const trust = await packageTrust(session, options.signers, packages)
  const reports: Report[] = []
  for (const { place, manifest } of packages) {
    const known = packages.map((p) => ({ package: p.manifest.package, manifestSha256: p.sha256 }))
    session.note(`checking ${manifest.package}`)
    reports.push(await checkPackage(session, place, { trust, opener: { privateKeys: [key] }, known }))
  }
  refuseUnlessFit(reports, options.decision)
  await using series = await openSeries(packages, { privateKeys: [key] }, session.signal)
  const at = session.clock.now()
  const receipt = receiptOf(
    session,
    options,
    packages,
    reports,
    summariseDelivery(series),
    key.publicKey.userId,
  )
  const bytes = documentBytes('receipt', receipt)
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
    json: {
      receipt: file.path,
      signature: file.signature,
      pages,
      decision: receipt.decision,
      consent: receipt.consent.destruction,
      lossesAccepted: receipt.consent.accepts.length,
    },
    lines: summaryLines(receipt, file, pages),
  }
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

function summaryLines(receipt: Receipt, file: SignedFile, pages: readonly string[]): string[] {
  const accepts = receipt.consent.accepts.length
  return [
    `decision: ${receipt.decision}`,
    receipt.consent.destruction
      ? `consent to destruction: yes${accepts > 0 ? `, ${counted(accepts, 'undelivered item')} listed` : ''}`
      : 'consent to destruction: no',
    `receipt    ${file.path}`,
    `signature  ${file.signature}`,
    ...pages.map((page) => `page       ${page}`),
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
      ...given(options, 'function'),
      profile: text(options, 'profile') as Contract['profile'],
      out: text(options, 'out') ?? '.',
      signers: texts(options, 'signer'),
    }),
}
