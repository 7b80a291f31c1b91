import { addDuration, parseDuration, RestituteError } from '@restitute/core'
import { type Copy, writeOrder } from '@restitute/destruction'
import {
  type Dossier,
  receiptEvent,
  type SignatureMaps,
  type StoredDocument,
  signedDocument,
  stampedSignature,
  statedForm,
  stateOf,
  storeDocument,
} from '@restitute/dossier'
import type { Sha256 } from '@restitute/manifest'
import { type PrivateKey, signDetached } from '@restitute/seal'
import { openCase, operationOf } from '../case.ts'
import { type CommandDefinition, given, text, texts } from '../command.ts'
import { handedOver } from '../handed-over.ts'
import { type AskedCopies, destroyedCopies, hasSigned, openOrder } from '../open-order.ts'
import { deliveredManifests, freshRegister } from '../register.ts'
import type { Outcome, Session } from '../session.ts'

/** What `authorise` is told. */
export interface AuthoriseOptions extends AskedCopies {
  readonly operation?: string
  /** ISO 8601 duration for which a new order stands. */
  readonly validFor: string
}

/** The first call writes the order to destroy and signs it; the second person adds a signature. */
export async function authorise(session: Session, options: AuthoriseOptions): Promise<Outcome> {
  const dossier = await openCase(session)
  await using _lock = await dossier.lock()
  const key = await session.actor()
  refuseStranger(dossier, key)
  await dossier.ledger.assertMay({ type: 'order-signed', key, at: session.clock.now() })
  const operation = operationOf(dossier, options.operation)
  const open = await openOrder(session, dossier, operation, options)
  if (open && hasSigned(dossier.ledger.events(), open, key)) throw alreadySigned(dossier, key)
  const bytes = open?.bytes ?? (await newOrder(session, dossier, operation, options, key))
  const at = session.clock.now()
  const { armored } = await signDetached(bytes, key, at)
  const signatures = await stampedSignature(dossier.terms, key.fingerprint, armored, session.signal)
  const stored = await storeOrder(dossier, operation, bytes, signatures)
  await dossier.ledger.append({
    type: 'order-signed',
    operation,
    body: { orderSha256: stored.sha256, signer: key.fingerprint },
    key,
    at,
  })
  const { document: order, signers } = await signedDocument(dossier, 'order', stored.sha256)
  const wanted = Math.max(2, dossier.terms.contract.approval?.authorisers ?? 2)
  return {
    exit: 0,
    json: {
      order: stored.name,
      sha256: stored.sha256,
      expiresAt: order.expiresAt,
      signers: [...signers],
      wanted,
    },
    lines: [
      `order ${stored.name}  sha256 ${stored.sha256}`,
      ...order.copies.map(
        (copy) =>
          `  ${copy.kind.padEnd(8)} ${copy.name}${copy.fingerprint === undefined ? '' : `  fingerprint ${copy.fingerprint}`}${copy.deferredUntil === undefined ? '' : `  deferred until ${copy.deferredUntil}`}${copy.bypassGovernance ? '  GOVERNANCE locks are lifted' : ''}`,
      ),
      `signed by ${signers.length} of ${wanted}; it stands until ${order.expiresAt}`,
      ...handLines(dossier, order.receiptSha256),
    ],
  }
}

/** Whoever authorises on a receipt that nobody can verify should look at it. */
function handLines({ ledger }: Dossier, receiptSha256: Sha256): string[] {
  const event = receiptEvent(ledger.events(), receiptSha256)
  if (event === undefined || statedForm(event) !== 'handwritten') return []
  const scan = event.body['scanSha256'] as string
  return [
    `the receipt is declared, signed by hand, not verified: look at its scan in documents/ (sha256 ${scan})`,
  ]
}

function storeOrder(
  dossier: Dossier,
  operation: string,
  bytes: Uint8Array,
  signatures: Partial<SignatureMaps> & Pick<SignatureMaps, 'signatures'>,
): Promise<StoredDocument> {
  return storeDocument({ dossier, stem: `order-${operation}`, extension: 'json', bytes, ...signatures })
}

function refuseStranger(dossier: Dossier, key: PrivateKey): void {
  const roles = dossier.terms.keys.persons.get(key.fingerprint)?.person.roles ?? []
  if (roles.includes('authoriser')) return
  throw new RestituteError(
    'guard-refused',
    `${key.fingerprint} has not the role authoriser in the contract`,
    {
      hint: 'sign as a person who has it',
      details: { guard: 'authorised' },
    },
  )
}

function alreadySigned(dossier: Dossier, key: PrivateKey): RestituteError {
  const name = dossier.terms.keys.persons.get(key.fingerprint)?.person.name
  return new RestituteError('usage', `${name ?? key.fingerprint} has signed this order already`, {
    hint: 'another person with the role authoriser signs next',
  })
}

async function newOrder(
  session: Session,
  dossier: Dossier,
  operation: string,
  options: AuthoriseOptions,
  key: PrivateKey,
): Promise<Uint8Array> {
  const { acknowledgement } = stateOf(dossier.ledger.events(), operation)
  const receiptSha256 = acknowledgement?.body['receiptSha256']
  const ledger = dossier.ledger.head()
  if (typeof receiptSha256 !== 'string' || ledger === undefined) {
    throw new RestituteError(
      'guard-refused',
      `${operation} has no receipt of the client for its last delivery`,
      {
        hint: 'restitute record receipt takes it',
        details: { guard: 'receipt' },
      },
    )
  }
  const events = dossier.ledger.events().filter((event) => event.operation === operation)
  const gone = destroyedCopies(events)
  const all = await freshRegister(session, dossier, operation)
  const register = all.filter(({ name }) => !gone.has(name))
  const copies =
    options.copies.length === 0
      ? await withoutTheirs(session, dossier, operation, register)
      : register.filter(({ name }) => options.copies.includes(name))
  const at = session.clock.now()
  const { bytes, sha256, order } = await writeOrder({
    terms: dossier.terms,
    operation,
    packages: await deliveredManifests(session, dossier, operation),
    receiptSha256,
    copies,
    bypassGovernance: options.bypassGovernance ?? [],
    at,
    expiresAt: addDuration(at, parseDuration(options.validFor)),
    ledger,
  })
  // Before its event: whatever interrupts the signing, the order that the ledger names is there to be signed.
  await storeOrder(dossier, operation, bytes, { signatures: new Map() })
  await dossier.ledger.append({
    type: 'order-written',
    operation,
    body: { orderSha256: sha256, expiresAt: order.expiresAt },
    key,
    at,
  })
  return bytes
}

/** What was handed over stays with the client, unless the authorisers name it. */
async function withoutTheirs(
  session: Session,
  dossier: Dossier,
  operation: string,
  register: readonly Copy[],
): Promise<readonly Copy[]> {
  const theirs = await handedOver(dossier, operation)
  for (const { name } of register.filter((copy) => theirs.has(copy.name)))
    session.note(`not in the order: ${name} was handed over there; --copy names it all the same`)
  return register.filter(({ name }) => !theirs.has(name))
}

/** `restitute authorise`. */
export const authoriseCommand: CommandDefinition = {
  name: 'authorise',
  args: '',
  summary: 'write and sign the order to destroy; the second person adds a signature',
  options: [
    {
      flags: '--valid-for <duration>',
      description: 'how long a new order stands (ISO 8601)',
      default: 'P14D',
    },
    {
      flags: '--copy <name>',
      description: 'only this copy (default: all of the register but what was handed over)',
      repeatable: true,
    },
    {
      flags: '--bypass-governance <copy>',
      description: 'lift the GOVERNANCE locks of this bucket; COMPLIANCE locks and legal holds stay',
      repeatable: true,
    },
    { flags: '--operation <name>', description: 'which restitution (default: the current one)' },
  ],
  examples: [
    'restitute authorise --dossier chu --as first.key',
    'restitute authorise --dossier chu --as second.key',
  ],
  run: (session, _args, options) =>
    authorise(session, {
      validFor: text(options, 'validFor') ?? 'P14D',
      copies: texts(options, 'copy'),
      bypassGovernance: texts(options, 'bypassGovernance'),
      ...given(options, 'operation'),
    }),
}
