import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { ledger } from '../../cli/src/commands/ledger.ts'
import { issueCertificate } from '../../packages/destruction/src/index.ts'
import { openDossier, stateOf, storeDocument } from '../../packages/dossier/src/index.ts'
import { codes, verifiedAlone } from '../support/bundles.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'

/* What a kill leaves in a dossier, up to the proof that is handed out of it. */

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const tree = join(root, 'source')
  await mkdir(tree)
  await writeFile(join(tree, 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'letters', url: `files:${tree}` }]
}

let c: Case
let confirm: string[]
beforeAll(async () => {
  c = await openCase({ sources })
  confirm = await makeReady(c)
})
afterAll(() => c[Symbol.asyncDispose]())

it('the bundle is valid after a destruction was killed that had kept a manifest, and not yet its signature', async () => {
  await destroy(c.as('operator'), { execute: false, see: false, confirm })
  const names = await readdir(join(c.dossier, 'documents'))
  const signature = names.find((name) => /^manifest-R1-0001\.json\..*\.asc$/.test(name)) ?? ''
  await rm(join(c.dossier, 'documents', signature))
  const run = await verifiedBundle('planned.zip')
  expect([run.exit, codes(run)]).toEqual([0, []])
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
})

/** What `certify` leaves that is killed before its event. */
async function cutCertify(isSigned: boolean): Promise<void> {
  const dossier = await openDossier(c.dossier)
  const verifier = c.cast.key('verifier')
  const { orderSha256 = '' } = stateOf(dossier.ledger.events(), 'R1')
  const issued = await issueCertificate({ dossier, operation: 'R1', orderSha256, verifier, at: c.clock.at })
  const signature = [verifier.fingerprint, Buffer.from(issued.signature)] as const
  await storeDocument({
    ...{ dossier, stem: 'certificate-R1', extension: 'json', bytes: issued.bytes },
    signatures: new Map(isSigned ? [signature] : []),
  })
}

async function verifiedBundle(name: string) {
  const out = join(c.root, name)
  await bundle(c.session, { out })
  const asc = (member: 'host' | 'client-1') => c.keyFile(member).replace(/key$/, 'asc')
  return verifiedAlone(out, c.root, [asc('host'), asc('client-1')])
}

it('the bundle is valid after a certification was killed twice and then done', async () => {
  await cutCertify(false)
  await cutCertify(true)
  const { exit } = await certify(c.as('verifier'), {})
  expect(exit).toBe(0)
  expect(await readdir(join(c.dossier, 'documents'))).toContain('certificate-R1-3.json')
  const run = await verifiedBundle('certified.zip')
  expect([run.exit, codes(run)]).toEqual([0, []])
})

it('ledger and bundle are valid though an event was cut while it was written', async () => {
  await appendFile(join(c.dossier, 'ledger.jsonl'), '{"event":{"at":')
  const { exit, json } = await ledger(c.session, 'verify')
  expect([exit, JSON.stringify(json['notChecked'])]).toEqual([0, expect.stringContaining('is incomplete')])
  const run = await verifiedBundle('cut.zip')
  expect([run.exit, codes(run)]).toEqual([0, []])
  expect(await readFile(join(c.dossier, 'ledger.jsonl'), 'utf8')).toMatch(/\{"event":\{"at":$/)
})

it('a page that cannot be written takes nothing from the certificate', async () => {
  await mkdir(join(c.dossier, 'documents', 'certificate-R1-4.fr.html'))
  const notes: string[] = []
  const { exit, json } = await certify(
    { ...c.as('verifier'), note: (line) => void notes.push(line) },
    { operation: 'R1' },
  )
  expect([exit, json['status'], json['pages']]).toEqual([0, 'final', []])
  expect(notes.join()).toContain('certificate-R1-4.fr.html: EISDIR')
})
