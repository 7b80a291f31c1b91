import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { openPackage } from '@restitute/archive'
import { RestituteError, shellWord } from '@restitute/core'
import {
  type Dossier,
  isOurs,
  laidOutAnew,
  pinContract,
  type RecordKind,
  record,
  recordKinds,
  stateOf,
} from '@restitute/dossier'
import { documentKind, type LedgerEvent, readDocument } from '@restitute/manifest'
import { openCase, operationOf } from '../case.ts'
import { type CommandDefinition, given } from '../command.ts'
import { openStored } from '../host-packages.ts'
import { loadPublicKey } from '../keys.ts'
import { nextCommand } from '../next-command.ts'
import type { Outcome, Session } from '../session.ts'
import { readSigned } from '../signed-files.ts'

/** What `record` is told. */
export interface RecordCommandOptions {
  readonly kind: RecordKind | 'contract'
  readonly file: string
  readonly operation?: string
  readonly copy?: string
  /** For a receipt signed by hand: the scan of its page. */
  readonly scan?: string
  /** Public key file of the holder who signed a declaration. */
  readonly holderKey?: string
}

/** Takes a signed document into the ledger: the contract with both signatures, a receipt, a notice, a contest, … */
export async function recordFile(session: Session, options: RecordCommandOptions): Promise<Outcome> {
  const key = await session.actor()
  const { clock, dossierDir: dir, signal } = session
  if (options.kind === 'contract') {
    await refuseAnother(dir, options.file)
    return outcomeOf(await pinContract({ dir, key, at: clock.now(), signal }))
  }
  const dossier = await openCase(session)
  const named = options.operation ?? (await operationIn(options.file))
  const operation = named === 'dossier' ? named : operationOf(dossier, named)
  // Not before the ledger was read: of an event that another process had recorded meanwhile it would seem to run backwards.
  const at = clock.now()
  const event = await record({
    dossier,
    kind: options.kind,
    file: options.file,
    operation,
    key,
    at,
    signal,
    ...(options.kind === 'receipt' ? { manifests: await manifestsOf(session, dossier, operation) } : {}),
    ...(options.copy === undefined ? {} : { copy: options.copy }),
    ...(options.scan === undefined ? {} : { scan: options.scan }),
    ...(options.holderKey === undefined ? {} : { holderKey: await loadPublicKey(options.holderKey) }),
  })
  return outcomeOf(event)
}

/** The contract of a dossier is put in force where it lies: naming another file must not bring this one in. */
async function refuseAnother(dossierDir: string, file: string): Promise<void> {
  const own = join(dossierDir, 'contract.yaml')
  const named = await readFile(file).catch(() => undefined)
  const there = await readFile(own).catch(() => undefined)
  if (named === undefined ? basename(file) === 'contract.yaml' : there?.equals(named) === true) return
  throw new RestituteError('usage', `record contract: ${file} is not ${own}, which would be put in force`, {
    hint: `bring it there with its signatures beside it, then ${nextCommand({ dossierDir }, `record contract ${shellWord(own)}`)}`,
  })
}

/** What a document of ours says of itself. */
async function operationIn(file: string): Promise<string | undefined> {
  const { bytes } = await readSigned(file)
  if (!isOurs(bytes)) {
    const named = laidOutAnew(bytes)?.['operation']
    return typeof named === 'string' ? named : undefined
  }
  return readDocument(documentKind(bytes), bytes).operation
}

async function manifestsOf(
  session: Session,
  dossier: Dossier,
  operation: string,
): Promise<{ manifest: Awaited<ReturnType<typeof openPackage>>['manifest']; sha256: string }[]> {
  const { packages } = stateOf(dossier.ledger.events(), operation)
  const { destinations } = dossier.terms.contract
  return Promise.all(
    packages.map(async (ref) => {
      const { manifest, sha256 } = await openStored(session, destinations, ref)
      return { manifest, sha256 }
    }),
  )
}

function outcomeOf(event: LedgerEvent): Outcome {
  return {
    exit: 0,
    json: { event: { ...event } },
    lines: [`recorded ${event.type} as event ${event.sequence} of the ledger`],
  }
}

/** `restitute record`. */
export const recordCommand: CommandDefinition = {
  name: 'record',
  args: '<kind> <file>',
  summary: 'take a signed document into the ledger',
  options: [
    {
      flags: '--operation <name>',
      description: 'which restitution, or "dossier" for all of them (default: the current one)',
    },
    {
      flags: '--copy <name>',
      description: 'for a declaration that is no form of ours: the copy that it speaks of',
    },
    {
      flags: '--scan <file>',
      description: 'for a receipt signed by hand: the scan of its page (PDF, PNG, JPEG, TIFF)',
    },
    {
      flags: '--holder-key <file>',
      description: 'for a declaration that its holder signed: their public key',
    },
  ],
  examples: [
    'restitute record contract chu/contract.yaml --dossier chu --as operator.key',
    'restitute record receipt receipt-R1.json --dossier chu --as operator.key',
    'restitute record receipt receipt-R1.json --scan receipt-R1.pdf --dossier chu --as authoriser.key',
    'restitute record notice notice.pdf --dossier chu --as operator.key',
    'restitute record declaration backups.pdf --copy nightly-backups --dossier chu --as operator.key',
  ],
  notes: [
    `Kinds: contract, ${recordKinds.join(', ')}.`,
    'Signatures lie beside the file, as <file>.<fingerprint>.asc: restitute sign, or gpg --detach-sign, makes them; by X.509,',
    'where the contract accepts that for receipts, as <file>.p7s: openssl cms -sign. What is signed by hand is recorded as declared.',
  ],
  run: (session, [kind = '', file = ''], options) =>
    recordFile(session, {
      kind: kindOf(kind),
      file,
      ...given(options, 'operation', 'copy', 'scan', 'holderKey'),
    }),
}

function kindOf(named: string): RecordKind | 'contract' {
  const kinds = ['contract', ...recordKinds] as const
  const found = kinds.find((kind) => kind === named)
  if (found !== undefined) return found
  throw new RestituteError('usage', `record: no kind "${named}"`, { hint: `kinds: ${kinds.join(', ')}` })
}
