import { randomUUID } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isoTime } from '@restitute/core'
import { documentBytes, type LedgerEvent, type Receipt, type Statement } from '@restitute/manifest'
import type { PrivateKey, PublicKey } from '@restitute/seal'
import {
  type Dossier,
  openDossier,
  pinContract,
  type RecordKind,
  record,
  statementBytes,
} from '../src/index.ts'
import {
  day,
  manifest,
  type Name,
  namingKeys,
  newDossier,
  people,
  receipt,
  sha256,
  sign,
  signedFile,
  t0,
} from './support.ts'

/** The c.dossier of the running test; {@link begin} makes a new one. */
export const c: { dir: string; dossier: Dossier } = { dir: '', dossier: undefined as never }
const manifests = (): { manifest: ReturnType<typeof manifest>; sha256: string }[] => [
  { manifest: manifest(c.dossier.terms.sha256, ['a', 'b']), sha256: sha256('manifest') },
]

/** Makes a c.dossier whose contract is pinned. */
export async function begin(): Promise<void> {
  await beginIn(await newDossier())
}

/** The same in a folder with another contract, or recorded by another key. */
export async function beginIn(dir: string, by?: PrivateKey): Promise<void> {
  c.dir = dir
  const contract = join(c.dir, 'contract.yaml')
  await sign(contract, await readFile(contract), ['host', 'client-1'], t0)
  await pinContract({ dir: c.dir, key: by ?? (await people()).operator, at: t0 })
  c.dossier = await openDossier(c.dir)
}

/** Puts another contract in force, signed by both parties. */
export async function amend(text: string, at: Date): Promise<void> {
  const file = join(c.dir, 'contract.yaml')
  const beside = (await readdir(c.dir)).filter((name) => name.startsWith('contract.yaml.'))
  await Promise.all(beside.map((name) => rm(join(c.dir, name))))
  await writeFile(file, await namingKeys(text))
  await sign(file, await readFile(file), ['host', 'client-1'], at)
  await pinContract({ dir: c.dir, key: (await people()).operator, at })
  c.dossier = await openDossier(c.dir)
}

export async function append(type: 'exported' | 'delivered', at: Date): Promise<LedgerEvent> {
  const ref = { package: 'R1-0001', manifestSha256: sha256('manifest') }
  const body =
    type === 'exported'
      ? { ...ref, sequence: 1, incomplete: false }
      : { packages: [ref], place: 'x', channel: 'directory' }
  return c.dossier.ledger.append({ type, operation: 'R1', body, key: (await people()).operator, at })
}

export async function take(
  kind: RecordKind,
  file: string,
  at: Date,
  copy?: string,
  holderKey?: PublicKey,
): Promise<LedgerEvent> {
  const key = (await people()).operator
  const extra = {
    ...(copy === undefined ? {} : { copy }),
    ...(holderKey === undefined ? {} : { holderKey }),
  }
  return record({
    dossier: c.dossier,
    kind,
    file,
    operation: 'R1',
    key,
    at,
    manifests: manifests(),
    ...extra,
  })
}

export const receiptFile = async (
  change: Partial<Receipt>,
  signers: readonly Name[] = ['client-1'],
): Promise<string> =>
  signedFile(
    'receipt.json',
    documentBytes('receipt', receipt(c.dossier.terms.sha256, change)),
    signers,
    day(3),
  )

/** Of which case a document speaks, whatever it is. */
export const headAt = (at: Date) => ({
  ...{ id: randomUUID() as string, createdAt: isoTime(at), operation: 'R1' },
  contract: { reference: 'TEST-1', sha256: c.dossier.terms.sha256 },
})

export const statement = async (change: Partial<Statement>, signers: readonly Name[]): Promise<string> =>
  signedFile(
    'statement.json',
    statementBytes({
      schema: 'restitute/statement/v1',
      ...headAt(day(4)),
      kind: 'release',
      text: 'so be it',
      ...change,
    }),
    signers,
    day(4),
  )

export const letter = async (signers: readonly Name[] = [], text = 'we object'): Promise<string> =>
  signedFile('letter.txt', Buffer.from(text), signers, day(4))

/** Signer → signature, of every signature file beside a file. */
export async function signaturesBeside(file: string): Promise<Map<string, Uint8Array>> {
  const found = (await readdir(join(file, '..'))).filter((name) => name.endsWith('.asc'))
  const read = found.map(
    async (name) => [name.split('.').at(-2) ?? '', await readFile(join(file, '..', name))] as const,
  )
  return new Map(await Promise.all(read))
}
