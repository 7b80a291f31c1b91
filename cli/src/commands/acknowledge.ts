import type { Package } from '@restitute/archive'
import { RestituteError } from '@restitute/core'
import type { Contract, Receipt, ReceiptForm } from '@restitute/manifest'
import { type DeliverySummary, openSeries, summariseDelivery } from '@restitute/run'
import type { PrivateKey } from '@restitute/seal'
import type { Report, Trust } from '@restitute/verify'
import { checkPackage } from '../check-package.ts'
import { type CommandDefinition, flag, given, secretOption, text, texts } from '../command.ts'
import { openFolder } from '../new-file.ts'
import { openPackages, type PlacedPackage } from '../packages.ts'
import { type Answer, receiptOf } from '../receipt/answer.ts'
import { refuseContradiction, refuseUnknown, refuseUnlessFit } from '../receipt/refuse.ts'
import { orRefused, stated, unopened } from '../receipt/refused-delivery.ts'
import { naming, undeliveredSources } from '../receipt/undelivered.ts'
import { type ReceiptPlace, writeForSigning, writeSigned } from '../receipt/write.ts'
import type { Outcome, Session } from '../session.ts'
import { trusting } from '../trust.ts'

/** What `acknowledge` is told. */
export interface AcknowledgeOptions extends Answer, ReceiptPlace {
  readonly packages: readonly string[]
  /** How it is signed: default by the key that acts; otherwise it is written unsigned. */
  readonly form?: ReceiptForm
  /** Who signs, where that is not by the key that acts. */
  readonly name?: string
  readonly signers: readonly string[]
}

/** Checks a delivery in full with the client's key and writes the client's signed receipt. */
export async function acknowledge(session: Session, options: AcknowledgeOptions): Promise<Outcome> {
  refuseContradiction(options)
  const key = await session.actor()
  const packages = await openPackages(session, options.packages)
  refuseUnknown(packages, options.tried)
  await openFolder(options.out)
  const places = packages.map(({ destination }) => destination)
  const { package: trust, contract } = await trusting(session, options.signers, [], places)
  const reports = await reportsOn(session, { decision: options.decision, trust }, packages, key)
  refuseUnlessFit(reports, options.decision)
  const summary = await orRefused(options.decision, summaryOf(session, packages, key), () => stated(packages))
  const { form = 'openpgp' } = options
  const signer = form === 'openpgp' ? key.publicKey.userId : signerName(options)
  const receipt = receiptOf(session, options, { packages, reports, summary }, signer)
  const written = await (form === 'openpgp'
    ? writeSigned(session, options, receipt, key)
    : writeForSigning(options, receipt, form))
  return contract ? naming(undeliveredSources(contract.contract, packages), written) : written
}

async function reportsOn(
  session: Session,
  { decision, trust }: Pick<Answer, 'decision'> & { readonly trust: Trust },
  packages: readonly PlacedPackage[],
  key: PrivateKey,
): Promise<Report[]> {
  const known = packages.map(({ manifest, sha256 }) => ({
    package: manifest.package,
    manifestSha256: sha256,
  }))
  const reports: Report[] = []
  for (const { place, manifest } of packages) {
    session.note(`checking ${manifest.package}`)
    const check = { trust, opener: { privateKeys: [key] }, known }
    reports.push(await orRefused(decision, checkPackage(session, place, check), () => unopened))
  }
  return reports
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
