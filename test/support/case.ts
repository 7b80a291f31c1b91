import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addDuration, noProgress, parseDuration } from '@restitute/core'
import { decryptBytes } from '@restitute/seal'
import { acknowledge } from '../../cli/src/commands/acknowledge.ts'
import { authorise } from '../../cli/src/commands/authorise.ts'
import { challenge } from '../../cli/src/commands/challenge.ts'
import { deliver } from '../../cli/src/commands/deliver.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { exportNext } from '../../cli/src/commands/export.ts'
import { init } from '../../cli/src/commands/init.ts'
import { inventory } from '../../cli/src/commands/inventory.ts'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import { connectorOf } from '../../cli/src/connectors.ts'
import { type Cast, gatherCast, type Member } from '../../cli/src/demo/cast.ts'
import { destinationOf } from '../../cli/src/destinations.ts'
import { loadPrivateKey } from '../../cli/src/keys.ts'
import type { Outcome, Session } from '../../cli/src/session.ts'

/** A source of a test's contract: any further YAML flow members go into `more`, for instance `quiesced: true`. */
export interface CaseSource {
  readonly name: string
  readonly url: string
  readonly more?: string
}

/** A dossier in a folder of its own, with everybody's keys and a clock that tests move. */
export interface Case extends AsyncDisposable {
  readonly root: string
  readonly dossier: string
  readonly vault: string
  readonly client: string
  readonly slips: string
  readonly cast: Cast
  readonly session: Session
  readonly clock: { at: Date; advance: (duration: string) => void }
  readonly as: (member: Member) => Session
  readonly keyFile: (member: Member) => string
}

/** What a case is made of. */
export interface CaseOptions {
  readonly sources: (root: string) => Promise<readonly CaseSource[]>
  /** When its clock begins; default: 90 days before now, so that the real clock finds every floor elapsed. */
  readonly begins?: Date
  /** Text changes to the contract before anybody signs it. */
  readonly contract?: (yaml: string) => string
  /** ISO 8601 duration after which every key expires; default: never. */
  readonly expires?: string
}

/** Makes the folders, the keys and an unsigned contract. */
export async function openCase(options: CaseOptions): Promise<Case> {
  const root = await mkdtemp(join(tmpdir(), 'restitute-case-'))
  const places = {
    dossier: join(root, 'dossier'),
    vault: join(root, 'vault'),
    client: join(root, 'client'),
    slips: join(root, 'slips'),
  }
  await Promise.all([places.vault, places.client, places.slips].map((place) => mkdir(place)))
  const clock = {
    at: options.begins ?? new Date(Date.now() - 90 * 86_400_000),
    advance(duration: string): void {
      this.at = addDuration(this.at, parseDuration(duration))
    },
  }
  const session = sessionOf(places.dossier, clock)
  await init(session, { dir: places.dossier, sources: [], clients: [] })
  const cast = await gatherCast(session, join(root, 'keys'), join(places.dossier, 'keys'), options.expires)
  const yaml = contractYaml(await options.sources(root), places.vault, cast)
  await writeFile(join(places.dossier, 'contract.yaml'), options.contract?.(yaml) ?? yaml)
  return {
    root,
    ...places,
    cast,
    session,
    clock,
    as: cast.as,
    keyFile: cast.keyFile,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  }
}

function sessionOf(dossierDir: string, clock: { at: Date }): Session {
  return {
    dossierDir,
    language: 'en',
    clock: { now: () => clock.at },
    signal: new AbortController().signal,
    progress: noProgress,
    note: () => {},
    connectorOf,
    destinationOf,
    workerUrl: new URL('../../cli/src/worker.ts', import.meta.url),
    actor: async () => {
      throw new Error('nobody acts in this session')
    },
    privateKey: (path) => loadPrivateKey(path, async () => ''),
  }
}

function contractYaml(sources: readonly CaseSource[], vault: string, { key }: Cast): string {
  const of = (member: Member): string => JSON.stringify(key(member).fingerprint)
  const person = (id: Member, role: string) =>
    `  - { id: ${id}, name: ${id}, party: host, key: keys/${id}.asc, fingerprint: ${of(id)}, roles: [${role}] }`
  const lines = sources.map(
    ({ name, url, more }) =>
      `      - { name: ${name}, url: ${JSON.stringify(url)}${more ? `, ${more}` : ''} }`,
  )
  return `restitute: 1
reference: TEST-1
language: en
profile: hds-2.0
parties:
  host: { name: Host, key: keys/host.asc, fingerprint: ${of('host')} }
  client: { name: Client, keys: [keys/client-1.asc, keys/client-2.asc], fingerprints: [${of('client-1')}, ${of('client-2')}] }
persons:
${person('operator', 'operator')}
${person('authoriser-1', 'authoriser')}
${person('authoriser-2', 'authoriser')}
${person('verifier', 'verifier')}
instances:
  - code: PRIM
    country: FR
    sources:
${lines.join('\n')}
destinations:
  - { name: vault, url: ${JSON.stringify(`directory:${vault}`)}, country: FR }
deadlines: { rules: [oci-cp-art-9, secnumcloud-19.4], acknowledgement: PT48H, restitution: P30D }
approval: { authorisers: 2 }
`
}

/** Contract signed by both and pinned. */
export async function pin(c: Case): Promise<void> {
  const file = join(c.dossier, 'contract.yaml')
  await sign(c.as('host'), file)
  await sign(c.as('client-1'), file)
  await recordFile(c.as('operator'), { kind: 'contract', file })
}

/** Recipients challenged and answered; scope signed by both and recorded. */
export async function agreeScope(c: Case): Promise<void> {
  await answerChallenges(c)
  await countersignScope(c)
}

async function answerChallenges(c: Case): Promise<void> {
  await challenge(c.as('operator'), { out: c.slips })
  for (const member of ['client-1', 'client-2'] as const) {
    const message = await readFile(join(c.slips, `challenge-${c.cast.key(member).fingerprint}.asc`))
    const answer = join(c.slips, `answer-${member}.json`)
    await writeFile(answer, await decryptBytes(message, [c.cast.key(member)]))
    await recordFile(c.as('operator'), { kind: 'challenge', file: answer })
  }
}

/** The scope of an operation, signed by both and recorded. */
export async function countersignScope(c: Case, operation = 'R1'): Promise<void> {
  const scope = join(c.slips, `scope-${operation}.json`)
  await inventory(c.session, { sources: [], scope, operation })
  await sign(c.as('host'), scope)
  await sign(c.as('client-1'), scope)
  await recordFile(c.as('operator'), { kind: 'scope', file: scope })
}

/** The next package. */
export async function exportPackage(
  c: Case,
  since?: string,
  more: Partial<Parameters<typeof exportNext>[1]> = {},
): Promise<Outcome> {
  return exportNext(c.as('operator'), {
    sources: [],
    readBack: 'hash',
    // Each thread takes longer to start than these sources to read, and what the cases are about is the same by one.
    workers: 1,
    ...(since === undefined ? {} : { since }),
    ...more,
  })
}

/** Delivers every package so far to the client's folder. */
export async function deliverAll(
  c: Case,
  more: Partial<Parameters<typeof deliver>[1]> = {},
): Promise<Outcome> {
  return deliver(c.as('operator'), { to: `directory:${c.client}`, country: 'FR', ...more })
}

/** A client who accepts these packages and consents to their destruction. */
export function accepting(c: Case, packages: readonly string[]): Parameters<typeof acknowledge>[1] {
  return {
    packages: packages.map((name) => join(c.client, name)),
    decision: 'accepted',
    reservations: [],
    consentDestruction: true,
    tried: [],
    documentation: true,
    clientBackup: true,
    profile: 'hds-2.0',
    out: c.client,
    signers: [c.keyFile('operator').replace(/key$/, 'asc')],
  }
}

/** The client's receipt for these packages: accepted, with consent unless told otherwise. */
export async function acknowledgeAll(
  c: Case,
  packages: readonly string[],
  given: Partial<Parameters<typeof acknowledge>[1]> = {},
): Promise<void> {
  const { json } = await acknowledge(
    { ...c.as('client-1'), dossierDir: c.client },
    {
      ...accepting(c, packages),
      ...given,
    },
  )
  await recordFile(c.as('operator'), { kind: 'receipt', file: json['receipt'] as string })
}

/** The erasure notice, signed and recorded. */
export async function giveNotice(c: Case, operation = 'R1'): Promise<void> {
  const notice = join(c.slips, `notice-${operation}.txt`)
  await writeFile(notice, `notice of erasure, ${operation}\n`)
  await sign(c.as('operator'), notice)
  await recordFile(c.as('operator'), { kind: 'notice', file: notice, operation })
}

/** The order, signed by these authorisers. */
export async function authoriseBy(
  c: Case,
  members: readonly Member[],
  validFor = 'P365D',
  more: Partial<Parameters<typeof authorise>[1]> = {},
): Promise<void> {
  for (const member of members) await authorise(c.as(member), { validFor, copies: [], ...more })
}

/** What the executor has to type, after the verifier saw every copy; or, unseen, read by the dry run. */
export async function see(c: Case, seen = true, operation = 'R1'): Promise<string[]> {
  const nothing = { execute: false, confirm: [], operation }
  if (!seen) {
    const { json } = await destroy(c.as('operator'), { ...nothing, see: false })
    return confirmations(json['copies'], 'name')
  }
  const { json } = await destroy(c.as('verifier'), { ...nothing, see: true })
  return confirmations(json['seen'], 'copy')
}

function confirmations(list: unknown, name: string): string[] {
  return (list as readonly Record<string, string>[]).map(
    (copy) => `${copy[name]}=${copy['fingerprint'] ?? ''}`,
  )
}

/** Everything up to the moment before the destruction, with every guard holding after 30 days. */
export async function makeReady(
  c: Case,
  more: Partial<Parameters<typeof authorise>[1]> = {},
): Promise<string[]> {
  await pin(c)
  await agreeScope(c)
  await exportPackage(c)
  await deliverAll(c)
  await acknowledgeAll(c, ['R1-0001'])
  await giveNotice(c)
  await authoriseBy(c, ['authoriser-1', 'authoriser-2'], undefined, more)
  const confirm = await see(c)
  c.clock.advance('P30D')
  return confirm
}
