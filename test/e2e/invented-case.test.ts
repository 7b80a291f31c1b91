import { appendFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import type { Member } from '../../cli/src/demo/cast.ts'
import { contractCopy, openDossier } from '../../packages/dossier/src/index.ts'
import {
  canonicalJson,
  type LedgerEvent,
  type LedgerLine,
  sha256Hex,
} from '../../packages/manifest/src/index.ts'
import { signDetached } from '../../packages/seal/src/index.ts'
import { codes, type Forger, repacked, verifiedAlone } from '../support/bundles.ts'
import { type Case, makeReady, openCase, pin } from '../support/case.ts'
import type { CliRun } from '../support/cli.ts'

/*
 * Two parties have really signed a contract. Somebody who has its text, its signatures and everybody's public keys, but
 * nobody's private one, invents the rest: a case that was carried out to its certificate by persons of the same names.
 */

let real: Case
let invented: Case
let evidence: string

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  await mkdir(folder)
  await writeFile(join(folder, 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${folder}` }]
}

beforeAll(async () => {
  real = await openCase({ sources })
  await pin(real)
  invented = await openCase({ sources })
  const confirm = await makeReady(invented)
  await destroy(invented.as('operator'), { execute: true, see: false, confirm })
  await certify(invented.as('verifier'), { operation: 'R1' })
  evidence = join(invented.root, 'evidence.zip')
  await bundle(invented.session, { out: evidence })
})
afterAll(async () => {
  await real[Symbol.asyncDispose]()
  await invented[Symbol.asyncDispose]()
})

/** Judged by a reader who knows the real parties. */
const judged = (path: string, named: readonly Member[] = ['client-1', 'host']): Promise<CliRun> =>
  verifiedAlone(
    path,
    invented.root,
    named.map((member) => real.keyFile(member).replace(/key$/, 'asc')),
  )

const realContract = (): string => join(real.dossier, 'contract.yaml')
const realSha256 = async (): Promise<string> => sha256Hex(await readFile(realContract()))

/** The real contract with its real signatures, as the one in force, both in the bundle and among its documents. */
async function layRealContract(folder: string): Promise<void> {
  const copy = contractCopy(await realSha256()).name
  for (const name of await readdir(folder)) if (/^contract\.yaml/.test(name)) await rm(join(folder, name))
  for (const name of await readdir(real.dossier)) {
    if (!name.startsWith('contract.yaml')) continue
    await cp(join(real.dossier, name), join(folder, name))
    await cp(join(real.dossier, name), join(folder, 'documents', name.replace('contract.yaml', copy)))
  }
}

type Fabricated = Omit<LedgerEvent, 'sequence' | 'previous' | 'person'> & {
  readonly by: Member
  readonly as?: Member
}

/** A ledger of the forger's making, whole in itself: numbered, chained, signed by his keys in whomever's name. */
async function writeLedger(folder: string, events: readonly Fabricated[]): Promise<void> {
  let previous = '0'.repeat(64)
  const path = join(folder, 'ledger.jsonl')
  await rm(path)
  for (const [i, { by, as, ...given }] of events.entries()) {
    const key = invented.cast.key(by)
    const person = as === undefined ? key.fingerprint : real.cast.key(as).fingerprint
    const event = { ...given, sequence: i + 1, person, previous }
    const { binary } = await signDetached(Buffer.from(canonicalJson(event)), key, new Date(given.at))
    const line: LedgerLine = { event, signature: Buffer.from(binary).toString('base64') }
    previous = sha256Hex(Buffer.from(canonicalJson(line)))
    await appendFile(path, `${canonicalJson(line)}\n`)
  }
}

/** His events in their order, the pin of his contract turned into one of the real contract and its key files. */
async function eventsUnderReal(keyFiles: Case): Promise<Omit<Fabricated, 'by'>[]> {
  const { ledger } = await openDossier(invented.dossier)
  const sha256 = await realSha256()
  const keys = await digestsOf(keyFiles)
  return ledger.events().map(({ type, operation, at, body }) => {
    const event = { type, operation, at, body }
    if (type !== 'contract-pinned') return event
    const signers = (['host', 'client-1'] as const).map((member) => real.cast.key(member).fingerprint)
    return { ...event, body: { sha256, signers, keys } }
  })
}

async function digestsOf(c: Case): Promise<Record<string, string>> {
  const names = (await readdir(join(c.dossier, 'keys'))).sort()
  const entries = names.map(async (name) => [
    `keys/${name}`,
    sha256Hex(await readFile(join(c.dossier, 'keys', name))),
  ])
  return Object.fromEntries(await Promise.all(entries))
}

async function layKeyFiles(c: Case, folder: string): Promise<void> {
  for (const [path, sha256] of Object.entries(await digestsOf(c)))
    await cp(join(c.dossier, path), join(folder, 'documents', `key-${sha256}.asc`))
}

const writer = (person: string): Member =>
  (['operator', 'authoriser-1', 'authoriser-2', 'verifier', 'host'] as const).find(
    (member) => invented.cast.key(member).fingerprint === person,
  ) ?? 'operator'

async function writers(): Promise<Member[]> {
  const { ledger } = await openDossier(invented.dossier)
  return ledger.events().map(({ person }) => writer(person))
}

const withHisKeyFiles: Forger = async (folder) => {
  await layRealContract(folder)
  await layKeyFiles(invented, folder)
  const by = await writers()
  const events = await eventsUnderReal(invented)
  await writeLedger(
    folder,
    events.map((event, i) => ({ ...event, by: by[i] ?? 'operator' })),
  )
}

const withRealKeyFiles =
  (inTheirName: boolean): Forger =>
  async (folder) => {
    await layRealContract(folder)
    await layKeyFiles(real, folder)
    const by = await writers()
    const events = await eventsUnderReal(real)
    await writeLedger(
      folder,
      events.map((event, i) => {
        const who = by[i] ?? 'operator'
        return { ...event, by: who, ...(inTheirName ? { as: who } : {}) }
      }),
    )
  }

describe('a whole case invented around a really signed contract', () => {
  it('convinces nobody who knows the parties as it stands: its contract is another one', async () => {
    const run = await judged(evidence)
    expect([run.exit, codes(run)]).toEqual([4, ['origin-unknown']])
  })

  it.each<[string, string, Forger]>([
    ['the contract exchanged for the real one', 'contract-differs', layRealContract],
    ['the real contract with key files of the forger', 'contract-differs', withHisKeyFiles],
    ['the real key files, events signed by keys of his', 'signer-unknown', withRealKeyFiles(false)],
    ['the real key files, events in the names of the real persons', 'signer-unknown', withRealKeyFiles(true)],
  ])('is found out: %s', async (_what, code, change) => {
    const run = await judged(await repacked(evidence, invented.root, change))
    expect(`${codes(run).join(' ')} ${run.stdout}`).toContain(code)
    expect([run.exit, run.json()['verdict']]).toEqual([3, 'invalid'])
  })
})

describe('an invented contract laid before the real one', () => {
  let amended: string
  // His own case, carried out under a contract of his making; then the real one "amends" it, signed by his keys too.
  beforeAll(async () => {
    await cp(realContract(), join(invented.dossier, 'contract.yaml'))
    for (const name of await readdir(invented.dossier))
      if (/^contract\.yaml\./.test(name)) await rm(join(invented.dossier, name))
    for (const name of await readdir(real.dossier))
      if (/^contract\.yaml\./.test(name)) await cp(join(real.dossier, name), join(invented.dossier, name))
    await cp(join(real.dossier, 'keys'), join(invented.dossier, 'keys'), { recursive: true })
    for (const member of ['host', 'client-1'] as const)
      await sign(invented.as(member), join(invented.dossier, 'contract.yaml'))
    const file = join(invented.dossier, 'contract.yaml')
    await recordFile(invented.as('operator'), { kind: 'contract', file })
    amended = join(invented.root, 'amended.zip')
    await bundle(invented.session, { out: amended })
  })

  it.each<[readonly Member[]]>([[['client-1']], [['host']], [['client-1', 'host']]])(
    'is of unknown origin to who knows %s, though they signed the contract in force',
    async (named) => {
      const run = await judged(amended, named)
      expect([run.exit, codes(run)]).toEqual([4, ['origin-unknown']])
      expect(run.stdout).toContain('nobody to whom your trust leads has signed it')
      const { contracts } = await openDossier(invented.dossier)
      expect(contracts.length).toBe(2)
      expect(run.stdout).toContain(`contract-${contracts[0]?.sha256}.yaml`)
    },
  )

  it('is so with what they signed of the one in force laid beside it, too', async () => {
    const { contracts } = await openDossier(invented.dossier)
    const copy = contractCopy(contracts[0]?.sha256 ?? '').name
    const path = await repacked(amended, invented.root, async (folder) => {
      for (const name of await readdir(real.dossier))
        if (/^contract\.yaml\./.test(name))
          await cp(join(real.dossier, name), join(folder, 'documents', name.replace('contract.yaml', copy)))
    })
    const run = await judged(path)
    expect(run.stdout).toContain('nobody to whom your trust leads has signed it')
    expect(run.exit).toBe(4)
  })
})
