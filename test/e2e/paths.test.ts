import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { caseDocument } from '../../cli/src/case-document.ts'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { keygen } from '../../cli/src/commands/keygen.ts'
import { status } from '../../cli/src/commands/status.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import {
  acknowledgeAll,
  agreeScope,
  authoriseBy,
  type Case,
  countersignScope,
  deliverAll,
  exportPackage,
  giveNotice,
  openCase,
  pin,
  see,
} from '../support/case.ts'
import { declare, request, state } from '../support/forms.ts'
import { recordsAndDocuments } from '../support/sources.ts'

/*
 * Ten whole contracts, each run by its own clock along one path to the end that is honest there.
 */

const opened: Case[] = []
afterEach(async () => {
  for (const c of opened.splice(0)) await c[Symbol.asyncDispose]()
})

/** A case whose contract is pinned and scope countersigned. */
async function begin(contract: (yaml: string) => string = (yaml) => yaml): Promise<Case> {
  const c = await openCase({ sources: recordsAndDocuments, contract })
  opened.push(c)
  await pin(c)
  return c
}

/** Request, scope, first package, delivery. */
async function handOver(c: Case, asked: Readonly<Record<string, string>> = {}): Promise<void> {
  await request(c, asked)
  await agreeScope(c)
  await exportPackage(c)
  await deliverAll(c)
}

/** From the receipt on: notice, order, sighting, floors, destruction, certificate. */
async function end(c: Case, operation = 'R1', copies: readonly string[] = []): Promise<unknown> {
  await authoriseBy(c, ['authoriser-1'], 'P365D', { operation, copies })
  await authoriseBy(c, ['authoriser-2'], 'P365D', { operation })
  return carryOut(c, operation)
}

async function carryOut(c: Case, operation = 'R1'): Promise<unknown> {
  await giveNotice(c, operation)
  const confirm = await see(c, true, operation)
  c.clock.advance('P30D')
  await destroy(c.as('operator'), { execute: true, see: false, confirm, operation })
  return finish(c, operation)
}

/** The next certificate's status; a final one is verified from its bundle, in an empty folder. */
async function finish(c: Case, operation = 'R1'): Promise<unknown> {
  const { json } = await certify(c.as('verifier'), { operation })
  const certificate = json['certificate'] as string
  await assertValid(c, c.dossier, certificate)
  if (json['status'] === 'final') {
    const empty = join(c.root, `auditor-${operation}`)
    await mkdir(empty)
    await bundle(c.session, { out: join(empty, 'evidence.zip') })
    await assertValid(c, empty, join(empty, 'evidence.zip'), ['client-1'])
  }
  return json['status']
}

async function assertValid(
  c: Case,
  dossierDir: string,
  path: string,
  trusted: readonly 'client-1'[] = [],
): Promise<void> {
  const signers = trusted.map((member) => c.keyFile(member).replace(/key$/, 'asc'))
  const checked = await verify({ ...c.session, dossierDir }, { path, signers, packages: [] })
  expect(checked.exit, checked.lines.join('\n')).toBe(0)
}

interface Shown {
  readonly operation: string
  readonly stage: string
  readonly held: readonly string[]
}

async function shown(c: Case, operation = 'R1'): Promise<Shown | undefined> {
  const { json } = await status(c.session)
  return (json['operations'] as unknown as readonly Shown[]).find((one) => one.operation === operation)
}

async function due(c: Case): Promise<string[]> {
  const { json } = await status(c.session)
  return (json['due'] as unknown as readonly { action: string }[]).map(({ action }) => action)
}

/** The guard that refuses to destroy now. */
async function refusal(c: Case): Promise<unknown> {
  const { json } = await destroy(c.as('operator'), { execute: false, see: false, confirm: [] })
  const against = (json['guards'] as unknown as readonly { guard: string; holds: boolean }[]).filter(
    ({ holds, guard }) => !holds && guard !== 'tenant',
  )
  return against.map(({ guard }) => guard)
}

/** A key of its own that may export and deliver for ninety days, and the case in its hands. */
async function mandated(c: Case): Promise<{ readonly case: Case; readonly publicKey: string }> {
  const folder = join(c.root, 'robot')
  await keygen(c.session, { name: 'Nightly run', email: 'robot@host.example', out: folder })
  const [privateKey = '', publicKey = ''] = ['.key', '.asc'].map((extension) =>
    join(folder, `robot${extension}`),
  )
  const members = { key: publicKey, commands: 'export,deliver', text: 'nightly packages' }
  await state(c, 'operator', 'mandate', members)
  const key = await c.session.privateKey(privateKey)
  return { case: { ...c, as: () => ({ ...c.session, actor: async () => key }) }, publicKey }
}

describe('a whole contract', () => {
  it('normal: request, delivery, receipt, notice, order, destruction, final certificate', async () => {
    const c = await begin()
    await handOver(c)
    await acknowledgeAll(c, ['R1-0001'])
    expect(await end(c)).toBe('final')
    expect(await due(c)).toEqual(['withdraw-roles'])
    const slip = await caseDocument(c.session, { kind: 'slip', out: join(c.root, 'slip.html') })
    expect(slip.json['operation']).toBe('R1')
    await state(c, 'host', 'roles-withdrawn', { text: 'all accounts of this case are closed' })
    expect(await due(c)).toEqual([])
  })

  it('silent: reminders, referent, registered notice, then held until the client speaks', async () => {
    const c = await begin((yaml) =>
      yaml.replace(
        '{ name: Client,',
        '{ name: Client, contacts: [{ name: Desk }, { name: Referent, referent: true }],',
      ),
    )
    await handOver(c)
    c.clock.advance('P3D')
    expect(await due(c)).toEqual(['acknowledge', 'remind-client'])
    await state(c, 'operator', 'reminder', { text: 'we await your receipt' })
    expect(await due(c)).toEqual(['acknowledge'])
    c.clock.advance('P6D')
    expect(await due(c)).toEqual(['acknowledge', 'remind-again', 'escalate'])
    expect((await status(c.session)).lines.join('\n')).toContain('escalate (host) to Referent')
    c.clock.advance('P400D')
    expect(await shown(c)).toMatchObject({ stage: 'delivered', held: ['silence'] })
    await expect(authoriseBy(c, ['authoriser-1'])).rejects.toThrow('no receipt')
    await acknowledgeAll(c, ['R1-0001'])
    expect(await end(c)).toBe('final')
  })

  it('contested: what is missing is exported again, a new delivery, a newer receipt', async () => {
    const c = await begin()
    await handOver(c)
    await acknowledgeAll(c, ['R1-0001'])
    await state(c, 'client-1', 'contest', { text: 'the late letters are missing', about: 'documents:late*' })
    expect(await shown(c)).toMatchObject({ held: ['contest'] })
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    expect(await refusal(c)).toContain('no-contest')
    await writeFile(join(c.root, 'source', 'documents', 'late.txt'), 'late\n')
    await exportPackage(c, 'R1-0001', { sources: ['documents'], item: 'late*' })
    await deliverAll(c)
    expect(await due(c)).toEqual(['answer-contest', 'acknowledge'])
    await acknowledgeAll(c, ['R1-0001', 'R1-0002'])
    expect(await shown(c)).toMatchObject({ stage: 'acknowledged', held: [] })
    expect(await end(c)).toBe('final')
  })

  it('refused: the delta answers, and the contest is closed by the word of the client', async () => {
    const c = await begin()
    await handOver(c)
    await acknowledgeAll(c, ['R1-0001'], {
      decision: 'refused',
      reservations: ['one letter is missing'],
      consentDestruction: false,
    })
    expect(await shown(c)).toMatchObject({ stage: 'delivered', held: ['acknowledged'] })
    await state(c, 'client-2', 'contest', { text: 'one letter is missing' })
    await writeFile(join(c.root, 'source', 'documents', 'second.txt'), 'second\n')
    await exportPackage(c, 'R1-0001')
    await deliverAll(c)
    await state(c, 'client-2', 'contest-closed', { text: 'it is there now' })
    expect(await shown(c)).toMatchObject({ held: [] })
    await acknowledgeAll(c, ['R1-0001', 'R1-0002'])
    expect(await end(c)).toBe('final')
  })

  it('wrong tenant: an incident holds everything until a person of the host closes it', async () => {
    const c = await begin()
    await handOver(c)
    await acknowledgeAll(c, ['R1-0001'])
    const facts = {
      nature: 'wrong-tenant',
      text: 'a package went to another client',
      categories: 'patients,letters',
      persons: '1',
      consequences: 'none: it is encrypted',
      measures: 'recalled',
      contact: 'dpo@host.example',
    }
    await state(c, 'operator', 'incident', facts)
    expect(await shown(c)).toMatchObject({ held: ['incident'] })
    expect(await due(c)).toEqual(expect.arrayContaining(['notify-client', 'close-incident']))
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    expect(await refusal(c)).toContain('no-contest')
    await expect(state(c, 'client-1', 'incident-closed', { text: 'closed' })).rejects.toThrow('host')
    await state(c, 'host', 'incident-closed', { text: 'the package came back unopened' })
    expect(await shown(c)).toMatchObject({ held: [] })
    expect(await carryOut(c)).toBe('final')
  })

  it('withdrawal: a consent taken back stops everything; a new one lets it go on', async () => {
    const c = await begin()
    await handOver(c)
    await acknowledgeAll(c, ['R1-0001'])
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    c.clock.advance('PT1H')
    await state(c, 'client-1', 'withdrawal', { text: 'we need more time' })
    expect(await shown(c)).toMatchObject({ held: ['withdrawal'] })
    expect(await refusal(c)).toContain('no-contest')
    c.clock.advance('P10D')
    await acknowledgeAll(c, ['R1-0001'])
    expect(await shown(c)).toMatchObject({ held: [] })
    expect(await end(c)).toBe('final')
  })

  it('early end: the request dates the thirty days; a mandated key exports unattended', async () => {
    const c = await begin()
    await request(c, { reason: 'early-end' })
    const { json } = await status(c.session)
    expect(json['due']).toMatchObject([
      { action: 'export', overdue: false, rules: ['contract', 'oci-cp-art-9'] },
    ])
    c.clock.advance('P32D')
    expect((await status(c.session)).json['due']).toMatchObject([{ action: 'export', overdue: true }])
    await agreeScope(c)
    const robot = await mandated(c)
    await exportPackage(robot.case)
    await deliverAll(robot.case)
    await expect(giveNotice(robot.case)).rejects.toThrow('no good signature')
    await acknowledgeAll(c, ['R1-0001'], { signers: [robot.publicKey] })
    expect(await end(c)).toBe('final')
  })

  it('certification lost: it opens the right to reversibility, which the client uses', async () => {
    const c = await begin((yaml) => {
      const expires = new Date(Date.now() - 80 * 86_400_000).toISOString().slice(0, 10)
      const certificate = `certificate: { scope: [3], issued: '2020-01-01', expires: '${expires}' }`
      return yaml.replace('{ name: Host, key', `{ name: Host, ${certificate}, key`)
    })
    expect(await due(c)).toEqual(['renew-certification'])
    c.clock.advance('P12D')
    expect(await due(c)).toEqual(['record-certification-loss', 'offer-reversibility'])
    await state(c, 'host', 'certification-lost', { text: 'our certification has expired' })
    expect(await due(c)).toEqual(['offer-reversibility'])
    await handOver(c, { reason: 'certification-loss' })
    expect(await due(c)).not.toContain('offer-reversibility')
    await acknowledgeAll(c, ['R1-0001'])
    expect(await end(c)).toBe('final')
  })

  it('on demand: a part is given back and destroyed in mid-contract, the rest at its end', async () => {
    const c = await begin()
    await handOver(c, { reason: 'on-demand', sources: 'documents' })
    await acknowledgeAll(c, ['R1-0001'], { consentDestruction: false })
    c.clock.advance('P60D')
    await request(c, { kind: 'destruction', reason: 'on-demand', sources: 'documents' })
    await acknowledgeAll(c, ['R1-0001'])
    expect(await end(c)).toBe('final')
    expect(await readdir(join(c.root, 'source'))).toEqual(['record.db'])
    expect(await due(c)).toEqual([])
    const contract = join(c.dossier, 'contract.yaml')
    const yaml = await readFile(contract, 'utf8')
    await writeFile(
      contract,
      yaml.replace(/(name: documents, url: "[^"]*")/, '$1, excluded: destroyed under R1'),
    )
    for (const name of await readdir(c.dossier))
      if (/^contract\.yaml\..*\.asc$/.test(name)) await rm(join(c.dossier, name))
    await pin(c)
    await state(c, 'client-1', 'request', { text: 'the rest', signer: 'C. Client' }, 'R2')
    await countersignScope(c, 'R2')
    await exportPackage(c, undefined, { operation: 'R2' })
    await deliverAll(c, { operation: 'R2' })
    await acknowledgeAll(c, ['R2-0001'])
    expect(await end(c, 'R2')).toBe('final')
    expect(await due(c)).toEqual(['withdraw-roles'])
  })

  it('deferred: backups, a medium and two orders, each with its certificate', async () => {
    const c = await begin((yaml) =>
      yaml.replace(
        '\ndestinations:',
        '\n    copies: [{ name: nightly, kind: backup, rotation: P35D, held-by: Bravo }]\ndestinations:',
      ),
    )
    await request(c)
    await agreeScope(c)
    await exportPackage(c)
    await deliverAll(c, { medium: 'WX-1234', seal: '0071', carrier: 'Courier', recipient: 'C. Client' })
    const delivered = join(c.client, 'R1-0001')
    expect(await readdir(delivered)).toContain('manifest.json')
    await acknowledgeAll(c, ['R1-0001'])
    expect(await end(c, 'R1', ['documents'])).toBe('partial')
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    const confirm = await see(c)
    await destroy(c.as('operator'), { execute: true, see: false, confirm })
    expect(await finish(c)).toBe('partial')
    expect(await due(c)).toContain('certify-final')
    c.clock.advance('P36D')
    await declare(c, 'nightly', 'Bravo')
    expect(await finish(c)).toBe('partial')
    await declare(c, 'medium/WX-1234', 'C. Client')
    expect(await finish(c)).toBe('final')
  })

  it('in parts: the package goes under an order that ends before the sources may go, and they under a later one', async () => {
    const c = await begin()
    await handOver(c)
    await acknowledgeAll(c, ['R1-0001'])
    await end(c, 'R1', ['vault/R1-0001'])
    expect(await readdir(c.vault)).toEqual([])
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    const confirm = await see(c)
    await destroy(c.as('operator'), { execute: true, see: false, confirm })
    expect(await finish(c)).toBe('final')
  })

  it('a package that is missing, and that no order destroyed, is in no further order', async () => {
    const c = await begin()
    await handOver(c)
    await acknowledgeAll(c, ['R1-0001'])
    await rm(join(c.vault, 'R1-0001'), { recursive: true })
    await expect(authoriseBy(c, ['authoriser-1'])).rejects.toMatchObject({ code: 'not-found' })
  })
})
