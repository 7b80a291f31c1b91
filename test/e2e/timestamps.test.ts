import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { check } from '../../cli/src/commands/check.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import { status } from '../../cli/src/commands/status.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import type { Outcome } from '../../cli/src/session.ts'
import type { JsonObject } from '../../packages/core/src/index.ts'
import { openDossier } from '../../packages/dossier/src/index.ts'
import { readDocument } from '../../packages/manifest/src/index.ts'
import { openssl, revocationList, startTsa, type Tsa } from '../services/tsa.ts'
import { codes, verifiedAlone } from '../support/bundles.ts'
import { type Case, exportPackage, makeReady, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { havePrograms } from '../support/programs.ts'
import { treeDigest } from '../support/tree-digest.ts'

const day = 86_400_000
const from = (days: number): Date => new Date(Date.now() + days * day)
const preload = pathToFileURL(join(import.meta.dirname, '../support/years-ahead.ts')).href
const fiveYears = { NODE_OPTIONS: `--import ${preload}`, RESTITUTE_YEARS_AHEAD: '5' }

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const tree = join(root, 'source')
  await mkdir(tree)
  await writeFile(join(tree, 'letter.txt'), 'to whom it may concern')
  return [{ name: 'letters', url: `files:${tree}` }]
}

async function openStamped(tsa: Tsa, more = ''): Promise<Case> {
  const timestamp = `timestamp: { url: "${tsa.url}", certificate: keys/tsa.pem, fingerprint: "${tsa.fingerprint}"${more} }\n`
  const c = await openCase({ sources, expires: 'P1Y', contract: (yaml) => yaml + timestamp })
  await writeFile(join(c.dossier, 'keys/tsa.pem'), tsa.rootBytes)
  tsa.setClock(c.clock.at)
  return c
}

describe.skipIf(!havePrograms('openssl'))('a contract under a time-stamping authority', () => {
  let tsa: Tsa
  let c: Case
  let certificate = ''
  // Its keys and the authority live until next year; the case itself ran two months ago, on its own clock.
  beforeAll(async () => {
    tsa = await startTsa({ from: from(-100), until: from(300) })
    c = await openStamped(tsa)
    const confirm = await makeReady(c)
    tsa.setClock(c.clock.at)
    await destroy(c.as('operator'), { see: false, execute: true, confirm })
    const { json } = await certify(c.as('verifier'), {})
    certificate = json['certificate'] as string
  })
  afterAll(async () => {
    await c[Symbol.asyncDispose]()
    await tsa[Symbol.asyncDispose]()
  })

  const options = (path: string) => ({
    path,
    signers: [],
    packages: path === certificate ? [join(c.client, 'R1-0001')] : [],
  })
  const aloneInFiveYears = async (path: string): Promise<Outcome['json']> => {
    const more = options(path).packages.flatMap((one) => ['--package', one])
    return (
      await restitute(['verify', path, '--json', '--dossier', c.dossier, ...more], fiveYears)
    ).json() as Outcome['json']
  }
  const stamped = async (folder: string): Promise<string[]> =>
    (await readdir(folder))
      .filter((name) => name.endsWith('.asc.tsr'))
      .map((name) => name.replace(/-.*$|\..*$/, ''))

  it('check finds that the authority answers', async () => {
    const { lines } = await check(c.session, { contractOnly: false })
    expect(lines.filter((line) => line.includes('timestamp'))).toEqual([
      expect.stringMatching(/^ok .*the authority answers/),
    ])
  })

  it('stamps contract, scope, receipt, notice, order, certificate and the manifest', async () => {
    const stems = new Set(await stamped(join(c.dossier, 'documents')))
    expect([...stems].sort()).toEqual([
      'certificate',
      'contract',
      'manifest',
      'notice',
      'order',
      'receipt',
      'scope',
    ])
    expect(await stamped(join(c.client, 'R1-0001'))).toEqual(['manifest'])
  })

  it('gives stamps that openssl reads and accepts', async () => {
    const documents = join(c.dossier, 'documents')
    const stamps = (await readdir(documents)).filter((name) => name.endsWith('.asc.tsr'))
    expect(stamps.length).toBeGreaterThan(7)
    const at = ['-attime', String(Math.floor(Date.now() / 1000))]
    for (const name of stamps) {
      const files = ['-in', name, '-data', name.replace('.tsr', ''), '-CAfile', tsa.root]
      expect(openssl(documents, 'ts', '-verify', ...files, ...at).toString()).toContain('Verification: OK')
    }
  })

  it('counts its floors by the clock of the authority', async () => {
    const { json } = await status(c.session)
    const [operation] = json['operations'] as { floors: { name: string; clock: string }[] }[]
    expect(operation?.floors.map(({ clock }) => clock)).toEqual(['time-stamped', 'time-stamped'])
  })

  const today = async (path: string): Promise<Outcome['json']> => {
    const { exit, json } = await verify(c.session, options(path))
    return { exit, ...json }
  }

  it.each([
    ['today', today, false],
    ['in five years, keys and authority expired', aloneInFiveYears, true],
  ])('verifies %s', async (_, judge, expired) => {
    for (const path of [join(c.client, 'R1-0001'), certificate]) {
      const report = await judge(path)
      const found = (report['findings'] as { code: string }[]).map(({ code }) => code)
      const signers = report['signers'] as { authority?: string }[]
      expect([report['exit'], report['verdict']]).toEqual([0, 'valid'])
      expect(signers.every(({ authority }) => authority?.startsWith('CN=Test leaf'))).toBe(true)
      expect(JSON.stringify(report['checked'])).toMatch(/existed at .* by the clock of CN=Test leaf/)
      expect(found.includes('key-expired-since')).toBe(expired)
      expect(found).not.toContain('signing-time-false')
    }
  })

  it('verifies as a bundle in five years, in an empty folder, keys and authority expired', async () => {
    const out = join(c.root, 'evidence.zip')
    await bundle(c.session, { out })
    const known = (['client-1', 'host'] as const).map((member) => c.keyFile(member).replace(/key$/, 'asc'))
    const run = await verifiedAlone(out, c.root, known, fiveYears)
    expect([run.exit, run.json()['verdict']]).toEqual([0, 'valid'])
    expect(new Set(codes(run))).toEqual(new Set(['key-expired-since']))
    expect(run.stdout).toMatch(/every destruction began .* by the clock of the time-stamping authority/)
    // Nothing of it rests on today's date: an unknown authority is one still, and the host alone is not enough.
    expect((await verifiedAlone(out, c.root, [], fiveYears)).exit).toBe(4)
  })

  it('ends its floors by the clock of the authority, one stamp for each copy, which openssl accepts', async () => {
    const { ledger } = await openDossier(c.dossier)
    const started = ledger.events().filter(({ type }) => type === 'destruction-started')
    const { copies } = readDocument('certificate', await readFile(certificate))
    expect(copies.filter(({ startedAt }) => startedAt).map(({ stampedAt }) => stampedAt)).toEqual(
      started.map(({ body }) => body['stampedAt']),
    )
    expect(started.length).toBeGreaterThanOrEqual(3)
    const documents = join(c.dossier, 'documents')
    const at = ['-attime', String(Math.floor(Date.now() / 1000))]
    for (const { body, previous } of started) {
      await writeFile(join(c.root, 'line'), previous)
      const token = ['-in', `clock-${body['stampSha256'] as string}.tsr`]
      const files = [...token, '-data', join(c.root, 'line'), '-CAfile', tsa.root]
      expect(openssl(documents, 'ts', '-verify', ...files, ...at).toString()).toContain('Verification: OK')
    }
  })

  const insider: readonly [string, (token: string) => JsonObject, RegExp][] = [
    ['no stamp', () => ({}), /bears no time stamp/],
    [
      'the stamp of another moment',
      (stampSha256) => ({ stampedAt: '2099-01-01T00:00:00Z', stampSha256 }),
      /time stamp/,
    ],
    [
      'a stamp that is not there',
      () => ({ stampedAt: '2099-01-01T00:00:00Z', stampSha256: '0'.repeat(64) }),
      /does not hold its time stamp/,
    ],
  ]
  it.each(insider)('is not deceived by an executor who writes "started" with %s', async (_, claimed, why) => {
    const dir = await mkdtemp(join(c.root, 'insider-'))
    await cp(c.dossier, dir, { recursive: true })
    const { ledger } = await openDossier(dir)
    const first = ledger.events().find(({ type }) => type === 'destruction-started')
    if (first === undefined) throw new Error('nothing was destroyed')
    const { stampedAt: _at, stampSha256, ...body } = first.body
    await ledger.append({
      type: 'destruction-started',
      operation: 'R1',
      body: { ...body, ...claimed(stampSha256 as string) },
      key: c.cast.key('operator'),
      at: c.clock.at,
    })
    await expect(openDossier(dir)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(why),
      details: { finding: 'event-unsupported' },
    })
  })

  it('verifies at the client with the certificate of the authority alone, and says so without it', async () => {
    const signers = [c.keyFile('operator').replace(/key$/, 'asc')]
    const atClient = { ...c.session, dossierDir: c.client }
    const given = { ...options(join(c.client, 'R1-0001')), signers }
    const known = await verify(atClient, { ...given, timestampRoots: [tsa.root] })
    expect(known).toMatchObject({ exit: 0, json: { signers: [{ authority: expect.any(String) }] } })
    const { exit, json } = await verify(atClient, given)
    expect([exit, json['notChecked']]).toEqual([
      0,
      expect.arrayContaining(['signing times are those claimed by the signers']),
    ])
    expect(JSON.stringify(json['findings'])).toContain('stamp-untrusted')
    const odd = verify(atClient, { ...given, timestampRoots: [c.keyFile('operator')] })
    await expect(odd).rejects.toMatchObject({ code: 'key-unfit' })
  })

  it('betrays a stamp that was taken from another signature', async () => {
    const folder = join(c.root, 'tampered')
    await cp(join(c.client, 'R1-0001'), folder, { recursive: true })
    const [own = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tsr'))
    await cp(`${certificate}.${c.cast.key('verifier').fingerprint}.asc.tsr`, join(folder, own))
    const { exit, json } = await verify(c.session, options(folder))
    expect([exit, JSON.stringify(json['findings']).includes('stamp-invalid')]).toEqual([3, true])
  })
})

describe.skipIf(!havePrograms('openssl'))('a revocation list in the contract', () => {
  it('is archived with the case, and looked up again by whoever verifies, with a newer one too', async () => {
    await using tsa = await startTsa({ from: from(-100), until: from(300) })
    await using c = await openStamped(tsa, ', crl: keys/tsa.crl')
    await writeFile(join(c.dossier, 'keys/tsa.crl'), revocationList(tsa.folder, {}))
    await pin(c)
    await exportPackage(c)
    const out = join(c.root, 'evidence.zip')
    await bundle(c.session, { out })
    const signers = (['client-1', 'host'] as const).map((member) => c.keyFile(member).replace(/key$/, 'asc'))
    const report = await verify(c.session, { path: out, signers, packages: [] })
    expect([report.exit, JSON.stringify(report.json['checked'])]).toEqual([
      0,
      expect.stringMatching(/whose certificate was not revoked by the list of 20/),
    ])
    expect(JSON.stringify(report.json['notChecked'])).toContain('was revoked after its list of 20')
    const newer = join(c.root, 'newer.crl')
    await writeFile(newer, revocationList(tsa.folder, { at: from(1), reason: 'keyCompromise' }))
    const later = await verify(c.session, { path: out, signers, packages: [], timestampRoots: [newer] })
    expect([later.exit, JSON.stringify(later.json['findings'])]).toEqual([
      3,
      expect.stringContaining('stamp-invalid'),
    ])
  })

  it('is refused when it is none, and its absence is said in plain words', async () => {
    await using tsa = await startTsa({ from: from(-100), until: from(300) })
    await using c = await openStamped(tsa, ', crl: keys/tsa.pem')
    await expect(pin(c)).rejects.toMatchObject({
      code: 'contract-invalid',
      message: expect.stringContaining('/timestamp/crl: expected a revocation list'),
    })
    await using bare = await openStamped(tsa)
    await exportPackage(bare)
    const { json } = await verify(bare.session, {
      path: join(bare.vault, 'R1-0001'),
      signers: [],
      packages: [],
    })
    expect(JSON.stringify(json['notChecked'])).toContain('revocation was not checked')
  })
})

describe.skipIf(!havePrograms('openssl'))('the clock that ends the periods', () => {
  it('is that of the authority: a host that sets its own forward, or loses the authority, destroys nothing', async () => {
    await using tsa = await startTsa({ from: from(-100), until: from(300) })
    await using c = await openStamped(tsa)
    // The host's clock goes 30 days on, past every floor; the authority's stays.
    const confirm = await makeReady(c)
    const source = await treeDigest(join(c.root, 'source'))
    const execute = () => destroy(c.as('operator'), { see: false, execute: true, confirm })
    const minutes = (n: number): Date => new Date(c.clock.at.getTime() + n * 60_000)
    const apart = /more than five minutes apart/
    for (const at of [undefined, minutes(-6), minutes(6)]) {
      if (at !== undefined) tsa.setClock(at)
      await expect(execute()).rejects.toMatchObject({
        code: 'guard-refused',
        exit: 6,
        message: expect.stringMatching(apart),
        details: { guard: 'floors' },
      })
    }
    tsa.setClock(minutes(4))
    const planned = await destroy(c.as('operator'), { see: false, execute: false, confirm })
    expect(planned.json['guards']).toContainEqual(expect.objectContaining({ guard: 'floors', holds: true }))
    await tsa[Symbol.asyncDispose]()
    await expect(execute()).rejects.toMatchObject({ code: 'timestamp-failed', exit: 4 })
    const unreachable = await destroy(c.as('operator'), { see: false, execute: false, confirm })
    expect(unreachable.json['guards']).toContainEqual(
      expect.objectContaining({
        guard: 'floors',
        holds: false,
        reason: expect.stringContaining('authority'),
      }),
    )
    expect(await treeDigest(join(c.root, 'source'))).toEqual(source)
    const { ledger } = await openDossier(c.dossier)
    expect(ledger.events().filter(({ type }) => type === 'destruction-started')).toEqual([])
  })
})

describe.skipIf(!havePrograms('openssl'))('without its authority', () => {
  it('an export warns and goes on; a receipt waits; what stops a destruction does not', async () => {
    await using tsa = await startTsa({ from: from(-100), until: from(300) })
    await using c = await openStamped(tsa)
    await pin(c)
    await tsa[Symbol.asyncDispose]()
    const notes: string[] = []
    const { json } = await exportPackage({
      ...c,
      as: (m) => ({ ...c.as(m), note: (line) => void notes.push(line) }),
    })
    expect(json).toMatchObject({ package: 'R1-0001', stamped: false })
    expect(notes.join('\n')).toContain('NOT time-stamped')
    const ledger = await readFile(join(c.dossier, 'ledger.jsonl'), 'utf8')
    expect(ledger).toContain('"stamped":false')
    const notice = join(c.slips, 'notice.txt')
    await writeFile(notice, 'notice\n')
    await sign(c.as('operator'), notice)
    const refused = recordFile(c.as('operator'), { kind: 'notice', file: notice })
    await expect(refused).rejects.toMatchObject({ code: 'timestamp-failed', exit: 4 })
    expect(await recordFile(c.as('operator'), { kind: 'contest', file: notice })).toMatchObject({ exit: 0 })
    const checked = await check(c.as('operator'), { contractOnly: false })
    expect([checked.exit, checked.lines.join('\n')]).toEqual([4, expect.stringContaining('timestamp')])
  })
})
