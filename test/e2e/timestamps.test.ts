import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isoTime } from '@restitute/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { status } from '../../cli/src/commands/status.ts'
import { openssl, startTsa, type Tsa } from '../services/tsa.ts'
import { authoriseBy, type Case, exportPackage, makeReady, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { havePrograms } from '../support/programs.ts'

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

async function openStamped(tsa: Tsa): Promise<Case> {
  const timestamp = `timestamp: { url: "${tsa.url}", certificate: keys/tsa.pem }\n`
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

  const verify = (path: string, env: NodeJS.ProcessEnv = {}, more: readonly string[] = []) =>
    restitute(['verify', path, '--json', '--dossier', c.dossier, ...more], env)
  const stamped = async (folder: string): Promise<string[]> =>
    (await readdir(folder))
      .filter((name) => name.endsWith('.asc.tsr'))
      .map((name) => name.replace(/-.*$|\..*$/, ''))

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
    const stamps = (await readdir(documents)).filter((name) => name.endsWith('.tsr'))
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

  it.each([
    ['today', {}, false],
    ['in five years, keys and authority expired', fiveYears, true],
  ])('verifies %s', async (_, env, expired) => {
    for (const path of [join(c.client, 'R1-0001'), certificate]) {
      const run = await verify(
        path,
        env,
        path === certificate ? ['--package', join(c.client, 'R1-0001')] : [],
      )
      const report = run.json() as {
        findings: { code: string }[]
        signers: { authority?: string }[]
        checked: string[]
      }
      expect(run.exit, run.stdout).toBe(0)
      expect(report.signers.every(({ authority }) => authority?.startsWith('CN=Test leaf'))).toBe(true)
      expect(report.checked.join('\n')).toMatch(/existed at .* by the clock of CN=Test leaf/)
      expect(report.findings.some(({ code }) => code === 'key-expired-since')).toBe(expired)
      expect(report.findings.map(({ code }) => code)).not.toContain('signing-time-false')
    }
  })

  it('verifies at the client with the certificate of the authority alone, and says so without it', async () => {
    const path = join(c.client, 'R1-0001')
    const signer = ['--signer', c.keyFile('operator').replace(/key$/, 'asc')]
    const elsewhere = ['verify', path, '--json', '--dossier', c.client, ...signer]
    const known = await restitute([...elsewhere, '--timestamp-root', tsa.root], fiveYears)
    expect(known.json()).toMatchObject({ exit: 0, signers: [{ authority: expect.any(String) }] })
    const unknown = await restitute(elsewhere, fiveYears)
    expect(unknown.json()).toMatchObject({
      exit: 0,
      notChecked: expect.arrayContaining(['signing times are those claimed by the signers']),
    })
    expect(unknown.stdout).toContain('stamp-untrusted')
    const odd = await restitute([...elsewhere, '--timestamp-root', c.keyFile('operator')])
    expect(odd.exit).toBe(2)
  })

  it('betrays a stamp that was taken from another signature', async () => {
    const folder = join(tmpdir(), `restitute-stamps-${process.pid}`)
    await cp(join(c.client, 'R1-0001'), folder, { recursive: true })
    try {
      const [own = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tsr'))
      await cp(`${certificate}.${c.cast.key('verifier').fingerprint}.asc.tsr`, join(folder, own))
      const run = await verify(folder)
      expect([run.exit, run.stdout.includes('stamp-invalid')]).toEqual([3, true])
    } finally {
      await rm(folder, { recursive: true })
    }
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
    const args = ['--dossier', c.dossier, '--as', c.keyFile('operator'), '--json']
    const notice = join(c.slips, 'notice.txt')
    await writeFile(notice, `notice of ${isoTime(c.clock.at)}\n`)
    await restitute(['sign', notice, ...args])
    const refused = await restitute(['record', 'notice', notice, ...args])
    expect(refused.json()).toMatchObject({ exit: 4, error: { code: 'timestamp-failed' } })
    const contest = await restitute(['record', 'contest', notice, ...args])
    expect(contest.exit).toBe(0)
    await expect(authoriseBy(c, ['authoriser-1'])).rejects.toMatchObject({ code: 'guard-refused' })
    const check = await restitute(['check', ...args])
    expect(check.exit).toBe(4)
    expect(check.stdout).toContain('timestamp')
  })
})
