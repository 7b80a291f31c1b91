import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { form } from '../../cli/src/commands/document.ts'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import { status } from '../../cli/src/commands/status.ts'
import type { Member } from '../../cli/src/demo/cast.ts'
import { openDossier } from '../../packages/dossier/src/index.ts'
import { codes, verifiedAlone } from '../support/bundles.ts'
import { type Case, countersignScope, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'

/* SEC-EXP-2, R51: where the contract asks for it, nothing leaves before authorisers have approved it, scope by scope. */

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  await mkdir(join(root, 'source'))
  await writeFile(join(root, 'source', 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
}

const asking = (yaml: string): string =>
  yaml.replace('approval: { authorisers: 2 }', 'approval: { authorisers: 2, export: true }')

const refused = { code: 'guard-refused', exit: 6, details: { guard: 'approval' } }

let made = 0
async function approval(c: Case, by: readonly Member[], change = (text: string) => text): Promise<string> {
  const file = join(c.slips, `approval-${++made}.json`)
  await form(c.session, { kind: 'export-approval', out: file, set: ['text=the hospital may have its data'] })
  await writeFile(file, change(await readFile(file, 'utf8')))
  for (const member of by) await sign(c.as(member), file)
  return file
}

const approve = async (c: Case, by: readonly Member[]): Promise<unknown> =>
  recordFile(c.as('operator'), { kind: 'export-approval', file: await approval(c, by) })

async function due(c: Case): Promise<string[]> {
  const { json } = await status(c.session)
  return (json['due'] as unknown as readonly { action: string }[]).map(({ action }) => action)
}

/** What left: packages in the vault and at the client. */
const left = async (c: Case): Promise<string[]> => [...(await readdir(c.vault)), ...(await readdir(c.client))]

describe('an export that needs approval', () => {
  let c: Case
  beforeAll(async () => {
    c = await openCase({ sources, contract: asking })
    await pin(c)
  })
  afterAll(() => c[Symbol.asyncDispose]())

  it('does not leave without a scope that could be approved', async () => {
    await expect(exportPackage(c)).rejects.toMatchObject(refused)
    const nothing = form(c.session, { kind: 'export-approval', out: join(c.slips, 'none.json'), set: [] })
    await expect(nothing).rejects.toMatchObject({ code: 'usage' })
  })

  it('does not leave before anybody has approved it, and status says who has to', async () => {
    await countersignScope(c)
    await expect(exportPackage(c)).rejects.toMatchObject(refused)
    expect(await left(c)).toEqual([])
    expect(await due(c)).toContain('approve-export')
  })

  it.each<[string, readonly Member[], string]>([
    ['one authoriser', ['authoriser-1'], 'signature-invalid'],
    ['one authoriser and a verifier', ['authoriser-1', 'verifier'], 'signature-invalid'],
    ['the client', ['client-1', 'client-2'], 'signature-invalid'],
    ['nobody', [], 'signature-invalid'],
  ])('is not approved by %s', async (_, by, code) => {
    await expect(approve(c, by)).rejects.toMatchObject({ code })
    await expect(exportPackage(c)).rejects.toMatchObject(refused)
  })

  it('is not approved by an approval of another scope', async () => {
    const file = await approval(c, ['authoriser-1', 'authoriser-2'], (text) =>
      text.replace(/"scopeSha256":"[0-9a-f]{64}"/, `"scopeSha256":"${'0'.repeat(64)}"`),
    )
    const recorded = recordFile(c.as('operator'), { kind: 'export-approval', file })
    await expect(recorded).rejects.toMatchObject({ code: 'document-invalid' })
  })

  it('leaves once two authorisers have signed, and its bundle verifies', async () => {
    await approve(c, ['authoriser-1', 'authoriser-2'])
    expect(await due(c)).not.toContain('approve-export')
    await exportPackage(c)
    await deliverAll(c)
    expect(await left(c)).toEqual(['R1-0001', 'R1-0001'])
    const out = join(c.root, 'evidence.zip')
    await bundle(c.session, { out })
    const run = await verifiedAlone(out, c.root, [c.keyFile('client-1').replace(/key$/, 'asc')])
    expect([run.exit, codes(run)]).toEqual([0, []])
  })

  it('needs it anew for a scope that was signed since', async () => {
    await writeFile(join(c.root, 'source', 'second.txt'), 'Dear colleague\n')
    await countersignScope(c)
    await expect(deliverAll(c)).rejects.toMatchObject(refused)
    await expect(exportPackage(c, 'R1-0001')).rejects.toMatchObject(refused)
  })

  it('is betrayed when somebody writes that it was delivered all the same', async () => {
    const dir = await mkdtemp(join(c.root, 'insider-'))
    await cp(c.dossier, dir, { recursive: true })
    const { ledger } = await openDossier(dir)
    const delivered = ledger.events().findLast(({ type }) => type === 'delivered')
    if (delivered === undefined) throw new Error('nothing was delivered')
    const { type, operation, body } = delivered
    await ledger.append({ type, operation, body, key: c.cast.key('operator'), at: c.clock.at })
    await expect(openDossier(dir)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('nobody has approved that the data of this scope leave'),
    })
  })
})

describe('whoever exports', () => {
  it('is not one of the two who approve', async () => {
    const twoRoles = (yaml: string): string =>
      asking(yaml).replace('roles: [authoriser]', 'roles: [authoriser, operator]')
    await using c = await openCase({ sources, contract: twoRoles })
    await pin(c)
    await countersignScope(c)
    await approve(c, ['authoriser-1', 'authoriser-2'])
    const bySigner = exportPackage({ ...c, as: () => c.as('authoriser-1') })
    await expect(bySigner).rejects.toMatchObject(refused)
    expect(await exportPackage(c)).toMatchObject({ exit: 0 })
  })
})
