import { createHash, randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isoTime, type JsonObject, RestituteError } from '@restitute/core'
import {
  canonicalJson,
  documentBytes,
  type EventType,
  type LedgerEvent,
  type Manifest,
  type Receipt,
  type Scope,
} from '@restitute/manifest'
import { generateKey, type PrivateKey, readPrivateKey, signDetached } from '@restitute/seal'

/** When every key of the tests was made; everything else happens later. */
export const t0 = new Date('2026-01-05T08:00:00Z')

/** `t0` and some days. */
export const day = (n: number): Date => new Date(t0.getTime() + n * 86_400_000)

export const names = [
  'host',
  'client-1',
  'client-2',
  'operator',
  'authoriser-1',
  'authoriser-2',
  'verifier',
  'stranger',
] as const
export type Name = (typeof names)[number]
export type People = Readonly<Record<Name, PrivateKey>>

let made: Promise<People> | undefined

/** The same key pairs for every test of a file. */
export async function people(): Promise<People> {
  made ??= Promise.all(names.map(async (name) => [name, await person(name)] as const)).then(
    (pairs) => Object.fromEntries(pairs) as People,
  )
  return made
}

async function person(name: string): Promise<PrivateKey> {
  const { privateKey } = await generateKey({ name: `Test ${name}`, email: `${name}@example.org`, at: t0 })
  return readPrivateKey(Buffer.from(privateKey))
}

export const contractText = `restitute: 1
reference: TEST-1
language: en
profile: hds-2.0
parties:
  host: { name: Host, key: keys/host.asc }
  client: { name: Client, keys: [keys/client-1.asc, keys/client-2.asc] }
persons:
  - { id: operator, name: Op, party: host, key: keys/operator.asc, roles: [operator] }
  - { id: authoriser-1, name: Au, party: host, key: keys/authoriser-1.asc, roles: [authoriser] }
  - { id: authoriser-2, name: Bu, party: host, key: keys/authoriser-2.asc, roles: [authoriser] }
  - { id: verifier, name: Ve, party: host, key: keys/verifier.asc, roles: [verifier] }
actors: [{ code: Bravo, identity: Bravo, role: backups }]
instances:
  - code: PRIM
    country: FR
    actors: [Bravo]
    sources:
      - { name: records, url: "sqlite:/srv/records.db" }
    copies: [{ name: nightly, kind: backup, rotation: P35D, held-by: Bravo }]
destinations: [{ name: vault, url: "directory:/mnt/out", country: FR }]
deadlines: { rules: [oci-cp-art-9, secnumcloud-19.4], retrieval: P10D }
`

const folders: string[] = []

/** Removes every folder that {@link newFolder} made. */
export async function removeFolders(): Promise<void> {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })))
}

export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-dossier-'))
  folders.push(folder)
  return folder
}

/** The same contract with the fingerprint of every key that it names by one of the files `<name>.asc`. */
export async function namingKeys(text: string): Promise<string> {
  const keys = await people()
  const of = (path: string): string => keys[/keys\/(.*)\.asc/.exec(path)?.[1] as Name]?.fingerprint ?? ''
  return text
    .replace(/(\{[^{}\n]*key: (keys\/\S+\.asc)[^{}\n]*) \}/g, (whole, map: string, path: string) =>
      of(path) === '' ? whole : `${map}, fingerprint: "${of(path)}" }`,
    )
    .replace(/keys: \[(.*?)\]/g, (whole, list: string) => {
      const all = list.split(', ').map(of)
      return all.includes('') ? whole : `${whole}, fingerprints: [${all.map((one) => `"${one}"`).join(', ')}]`
    })
}

/** A dossier on disk: contract and keys, nothing signed. */
export async function newDossier(text: string = contractText): Promise<string> {
  const dir = await newFolder()
  await mkdir(join(dir, 'keys'))
  const keys = await people()
  for (const name of names) await writeFile(join(dir, 'keys', `${name}.asc`), keys[name].publicKey.armored)
  await writeFile(join(dir, 'contract.yaml'), await namingKeys(text))
  return dir
}

/** Gives somebody in a dossier a key that expires so many days after {@link t0}. */
export async function giveBriefKey(dir: string, name: Name, days: number): Promise<PrivateKey> {
  const owner = { name: 'Brief', email: 'brief@example.org', at: t0, expiresInSeconds: days * 86_400 }
  const brief = await readPrivateKey(Buffer.from((await generateKey(owner)).privateKey))
  await writeFile(join(dir, 'keys', `${name}.asc`), brief.publicKey.armored)
  const contract = join(dir, 'contract.yaml')
  const before = (await people())[name].fingerprint
  await writeFile(contract, (await readFile(contract, 'utf8')).replace(before, brief.fingerprint))
  return brief
}

/** Lays detached signatures beside a file. */
export async function sign(
  file: string,
  bytes: Uint8Array,
  signers: readonly Name[],
  at: Date,
): Promise<void> {
  const keys = await people()
  for (const name of signers) {
    const { armored } = await signDetached(bytes, keys[name], at)
    await writeFile(`${file}.${keys[name].fingerprint}.asc`, armored)
  }
}

/** Writes a file beside the dossier, with signatures, and returns its path. */
export async function signedFile(
  name: string,
  bytes: Uint8Array,
  signers: readonly Name[],
  at: Date = t0,
): Promise<string> {
  const file = join(await newFolder(), name)
  await writeFile(file, bytes)
  await sign(file, bytes, signers, at)
  return file
}

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')
export const salt = sha256('salt')
export const indexName = 'index/records-01.jsonl.zst.pgp'

export function manifest(contractSha256: string, recipients: readonly string[]): Manifest {
  const tally = { items: 1, bytes: 1 }
  const none = { items: 0, bytes: 0 }
  return {
    schema: 'restitute/manifest/v1',
    id: '00000000-0000-4000-8000-000000000001',
    createdAt: isoTime(day(1)),
    contract: { reference: 'TEST-1', sha256: contractSha256 },
    operation: 'R1',
    package: 'R1-0001',
    sequence: 1,
    contractPinned: true,
    recipients: [...recipients],
    volumes: [],
    indexes: [
      {
        name: indexName,
        bytes: 1,
        sha256: sha256('index'),
        source: 'records',
        lines: 1,
        saltSha256: sha256(Buffer.from(salt, 'hex')),
        plaintextSha256: sha256('plain'),
      },
    ],
    files: [],
    sources: [
      {
        name: 'records',
        instance: 'PRIM',
        kind: 'sqlite',
        fingerprint: 'aaaa-bbbb-cccc',
        view: { point: '1', consistency: 'snapshot', takenAt: isoTime(day(1)) },
        totals: {
          inventoried: tally,
          exported: tally,
          unchanged: none,
          removed: none,
          excluded: none,
          lost: none,
        },
        payload: { files: 1, bytes: 1 },
        reasons: {},
      },
    ],
    readBack: { mode: 'hash', volumes: 0, bytes: 0 },
    measurements: [],
    tools: { restitute: '0.1.0' },
  }
}

export function receipt(contractSha256: string, change: Partial<Receipt> = {}): Receipt {
  return {
    schema: 'restitute/receipt/v1',
    id: randomUUID(),
    createdAt: isoTime(day(3)),
    contract: { reference: 'TEST-1', sha256: contractSha256 },
    operation: 'R1',
    packages: [{ package: 'R1-0001', manifestSha256: sha256('manifest'), salts: { [indexName]: salt } }],
    sources: [
      {
        source: 'records',
        integrity: 'passed',
        decryption: 'passed',
        completeness: 'passed',
        exploitability: 'not-checked',
        items: 1,
        bytes: 1,
      },
    ],
    documentationReceived: true,
    clientBackup: true,
    decision: 'accepted',
    reservations: [],
    consent: { destruction: true, accepts: [] },
    signer: { name: 'C. Client' },
    ...change,
  }
}

export function scope(contractSha256: string, change: Partial<Scope> = {}): Uint8Array {
  return documentBytes('scope', {
    schema: 'restitute/scope/v1',
    id: randomUUID(),
    createdAt: isoTime(t0),
    contract: { reference: 'TEST-1', sha256: contractSha256 },
    operation: 'R1',
    sources: [
      {
        name: 'records',
        instance: 'PRIM',
        kind: 'sqlite',
        fingerprint: 'aaaa-bbbb-cccc',
        items: 1,
        bytes: 1,
      },
    ],
    copies: [{ name: 'nightly', instance: 'PRIM', kind: 'backup', heldBy: 'Bravo', rotation: 'P35D' }],
    leftOut: [],
    ...change,
  })
}

export type Step = readonly [at: Date, type: EventType, body: JsonObject, by?: string, operation?: string]

/** Events as a ledger would hold them, unsigned: for the pure functions. */
export function eventsOf(steps: readonly Step[], person = 'f'.repeat(40)): LedgerEvent[] {
  const events: LedgerEvent[] = []
  for (const [at, type, body, by, operation] of steps) {
    const last = events.at(-1)
    events.push({
      sequence: events.length + 1,
      at: isoTime(at),
      operation: operation ?? 'R1',
      type,
      body,
      person: by ?? person,
      previous: last === undefined ? '0'.repeat(64) : sha256(canonicalJson(last)),
    })
  }
  return events
}

/** The error that something throws. */
export async function errorOf(run: () => unknown): Promise<RestituteError> {
  try {
    await run()
  } catch (thrown) {
    if (thrown instanceof RestituteError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}
