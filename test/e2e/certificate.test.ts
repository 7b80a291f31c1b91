import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import type { Member } from '../../cli/src/demo/cast.ts'
import { generateKey, readPrivateKey, signDetached } from '../../packages/seal/src/index.ts'
import type { FindingCode } from '../../packages/verify/src/index.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { restitute } from '../support/cli.ts'

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  await mkdir(join(folder, 'documents'), { recursive: true })
  await writeFile(join(folder, 'documents', 'letter.txt'), 'Dear colleague\n')
  using database = new DatabaseSync(join(folder, 'record.db'))
  database.exec('create table patients (id integer primary key); insert into patients values (1)')
  return [
    { name: 'records', url: `sqlite:${join(folder, 'record.db')}` },
    { name: 'documents', url: `files:${join(folder, 'documents')}` },
  ]
}

const withBackup = (yaml: string): string =>
  yaml.replace(
    'destinations:',
    '    copies: [{ name: nightly, kind: backup, rotation: P35D, held-by: Bravo }]\ndestinations:',
  )

interface Certified {
  readonly exit: number
  readonly certificate: string
  readonly pages: readonly string[]
  readonly lines: readonly string[]
}

async function certified(c: Case): Promise<Certified> {
  const { exit, json, lines } = await certify(c.as('verifier'), {})
  return {
    exit,
    lines,
    certificate: json['certificate'] as string,
    pages: json['pages'] as readonly string[],
  }
}

let c: Case
let partial: Certified
let final: Certified
beforeAll(async () => {
  c = await openCase({ sources, contract: withBackup })
  const confirm = await makeReady(c)
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
  partial = await certified(c)
  c.clock.advance('P36D')
  const declaration = join(c.slips, 'declaration.txt')
  await writeFile(declaration, 'the nightly backups have rotated out\n')
  await sign(c.as('host'), declaration)
  await recordFile(c.as('operator'), { kind: 'declaration', file: declaration, copy: 'nightly' })
  final = await certified(c)
})
afterAll(() => c[Symbol.asyncDispose]())

interface Stated {
  readonly status: string
  readonly copies: readonly {
    readonly name: string
    readonly outcome: string
    readonly method?: { readonly category: string; readonly technique: string }
    readonly probe?: { readonly state: string }
  }[]
}
const stated = async (path: string): Promise<Stated> => JSON.parse(await readFile(path, 'utf8')) as Stated

describe('after the destruction', () => {
  it('the prober, another person, finds none of what it saw before', async () => {
    const { copies } = await stated(partial.certificate)
    const acted = copies.filter(({ name }) => name !== 'nightly')
    expect(acted.map(({ name }) => name)).toEqual(['records', 'documents', 'vault/R1-0001', 'work'])
    for (const { probe, outcome } of acted)
      expect([probe?.state, outcome]).toEqual(['absent', 'destroyed-observed-absent'])
    expect(await readdir(join(c.root, 'source'))).toEqual([])
    expect(await readdir(c.vault)).toEqual([])
    expect(await readdir(c.dossier)).not.toContain('work')
  })

  it('unlinked files are deleted, and no sanitization is claimed: in the JSON and on both pages', async () => {
    const { copies } = await stated(final.certificate)
    const methods = copies.flatMap(({ method }) => method ?? [])
    expect(methods.map(({ category }) => category)).toEqual(['none', 'none', 'none', 'none'])
    const [fr = '', en = ''] = await Promise.all(final.pages.map((page) => readFile(page, 'utf8')))
    expect(en.match(/deletion, no sanitization claimed/g)).toHaveLength(4)
    expect(fr.match(/suppression, sans prétention d’effacement sécurisé/g)).toHaveLength(4)
    for (const page of [fr, en]) expect(page).not.toMatch(/<script|https?:\/\//)
    expect(fr).not.toContain('lang="en"')
  })

  it('the certificate is partial while a backup rotates out, and final once it is declared gone', async () => {
    expect([partial.exit, final.exit]).toEqual([5, 0])
    expect(await stated(partial.certificate)).toMatchObject({ status: 'partial' })
    expect(partial.lines.at(-1)).toMatch(
      /^open {2}backup nightly: .*document form --kind declaration --set copy=nightly /,
    )
    expect(final.lines.join('\n')).not.toMatch(/^open/m)
    const { status, copies } = await stated(final.certificate)
    expect(status).toBe('final')
    expect(copies.find(({ name }) => name === 'nightly')).toMatchObject({ outcome: 'declared' })
    const [fr = '', en = ''] = await Promise.all(final.pages.map((page) => readFile(page, 'utf8')))
    expect(en).toContain('rests on a declaration alone')
    expect(fr).toContain('repose sur une seule déclaration')
  })
})

/** What is done to a document that verifies: its text, and who signs it instead. */
interface Forgery {
  readonly what: string
  readonly change?: (text: string) => string
  /** Default: the old signature stays. */
  readonly signedBy?: 'whose it is' | 'a stranger'
  readonly finds: FindingCode
}

const rebound = (text: string): string => {
  const document = JSON.parse(text) as { readonly packages: { manifestSha256: string }[] }
  for (const ref of document.packages) ref.manifestSha256 = 'ab'.repeat(32)
  return JSON.stringify(document)
}

const forgeries: readonly Forgery[] = [
  {
    what: 'altered',
    change: (text) => text.replace('"TEST-1"', '"TEST-2"'),
    finds: 'signature-bad',
  },
  { what: 'signed by a stranger', signedBy: 'a stranger', finds: 'signer-unknown' },
  {
    what: 'bound to another delivery',
    change: rebound,
    signedBy: 'whose it is',
    finds: 'delivery-differs',
  },
]

/** A copy of the dossier's documents and ledger; gives the path of one document in it. */
async function copied(document: string): Promise<string> {
  const folder = join(c.root, 'copied', 'documents')
  await rm(folder, { recursive: true, force: true })
  await cp(join(c.dossier, 'documents'), folder, { recursive: true })
  await cp(join(c.dossier, 'ledger.jsonl'), join(folder, '..', 'ledger.jsonl'))
  return join(folder, document)
}

async function forge(path: string, owner: Member, { change, signedBy }: Forgery): Promise<void> {
  const text = await readFile(path, 'utf8')
  const bytes = Buffer.from(change?.(text) ?? text)
  await writeFile(path, bytes)
  if (signedBy === undefined) return
  const key = c.cast.key(signedBy === 'a stranger' ? 'host' : owner)
  await rm(`${path}.${c.cast.key(owner).fingerprint}.asc`)
  await writeFile(`${path}.${key.fingerprint}.asc`, (await signDetached(bytes, key, c.clock.at)).armored)
}

async function verified(
  path: string,
): Promise<{ readonly exit: number; readonly errors: readonly string[] }> {
  const run = await restitute([
    ...['verify', path, '--json', '--dossier', c.dossier],
    ...['--package', join(c.client, 'R1-0001')],
  ])
  const { findings } = run.json() as { findings: readonly { code: string; severity: string }[] }
  const errors = findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)
  return { exit: run.exit, errors }
}

describe.each([
  ['certificate', 'certificate-R1-2.json', 'verifier'],
  ['receipt', 'receipt-R1.json', 'client-1'],
] as const)('a %s', (_, document, owner) => {
  it('verifies as it was issued', async () => {
    expect(await verified(await copied(document))).toEqual({ exit: 0, errors: [] })
  })

  it.each(forgeries)('$what fails: $finds', async (forgery) => {
    const path = await copied(document)
    await forge(path, owner, forgery)
    const { exit, errors } = await verified(path)
    expect(errors).toContain(forgery.finds)
    expect(exit).toBe(3)
  })
})

it('a certificate is judged by all that it names, where more of that kind lies beside it', async () => {
  const path = await copied('certificate-R1-2.json')
  const folder = dirname(path)
  const order = await readFile(join(folder, 'order-R1.json'), 'utf8')
  for (const name of await readdir(folder))
    if (name.startsWith('order-R1.'))
      await rename(join(folder, name), join(folder, name.replace('order-R1', 'order-R1-2')))
  await writeFile(join(folder, 'order-R1.json'), order.replace(/"expiresAt":"\d{4}/, '"expiresAt":"2099'))
  const run = await restitute([
    ...['verify', path, '--json', '--dossier', c.dossier],
    ...['--package', join(c.client, 'R1-0001')],
  ])
  const { findings, notChecked } = run.json() as { findings: unknown[]; notChecked: string[] }
  expect([run.exit, findings]).toEqual([0, []])
  expect(notChecked.join('\n')).not.toContain('was not given')
})

it('the bundle of the case says which copy is gone on the word of who held it alone', async () => {
  const out = join(c.root, 'evidence.zip')
  await bundle(c.session, { out })
  const signer = c.keyFile('client-1').replace(/key$/, 'asc')
  const run = await restitute(['verify', out, '--json', '--signer', signer])
  const { notChecked } = run.json() as { notChecked: string[] }
  expect(notChecked).toContain('that copy nightly is gone rests on the declaration of who held it')
})

describe('who concurs with a certificate', () => {
  const report = async (path: string) => {
    const run = await restitute([
      'verify',
      path,
      '--json',
      '--dossier',
      c.dossier,
      '--package',
      join(c.client, 'R1-0001'),
    ])
    const { findings, signers } = run.json() as Record<'findings' | 'signers', Record<string, string>[]>
    return {
      exit: run.exit,
      codes: findings.map(({ code }) => code),
      signers: signers.map((s) => s['fingerprint']),
    }
  }
  const fingerprints = (...members: Member[]): string[] => members.map((one) => c.cast.key(one).fingerprint)

  it('is named beside the verifier: the executor, a validator, the client', async () => {
    const path = await copied('certificate-R1-2.json')
    for (const member of ['operator', 'authoriser-1', 'client-2'] as const) await sign(c.as(member), path)
    const { exit, codes, signers } = await report(path)
    expect([exit, codes]).toEqual([0, []])
    expect(signers[0]).toBe(fingerprints('verifier')[0])
    expect(new Set(signers)).toEqual(
      new Set(fingerprints('verifier', 'operator', 'authoriser-1', 'client-2')),
    )
  })

  it('does not stand in for the verifier', async () => {
    const path = await copied('certificate-R1-2.json')
    await sign(c.as('operator'), path)
    await rm(`${path}.${c.cast.key('verifier').fingerprint}.asc`)
    expect(await report(path)).toMatchObject({ exit: 3, codes: expect.arrayContaining(['signer-unknown']) })
  })

  it('is nobody whom the contract does not name, and that is said', async () => {
    const path = await copied('certificate-R1-2.json')
    const made = await generateKey({ name: 'Stranger', email: 'stranger@example.org', at: c.clock.at })
    const stranger = await readPrivateKey(Buffer.from(made.privateKey))
    const { armored } = await signDetached(await readFile(path), stranger, c.clock.at)
    await writeFile(`${path}.${stranger.fingerprint}.asc`, armored)
    const { exit, codes, signers } = await report(path)
    expect([exit, codes]).toEqual([0, ['signature-extra']])
    expect(signers).toEqual(fingerprints('verifier'))
  })

  it('signs these bytes or spoils it', async () => {
    const other = await copied('certificate-R1-2.json')
    const { armored } = await signDetached(
      Buffer.from('another certificate'),
      c.cast.key('operator'),
      c.clock.at,
    )
    await writeFile(`${other}.${c.cast.key('operator').fingerprint}.asc`, armored)
    expect(await report(other)).toMatchObject({ exit: 3, codes: expect.arrayContaining(['signature-bad']) })
  })
})
