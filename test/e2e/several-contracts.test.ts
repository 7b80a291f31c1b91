import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { acknowledge } from '../../cli/src/commands/acknowledge.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { rehearse } from '../../cli/src/commands/rehearse.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { accepting, type Case, deliverAll, exportPackage, makeReady, openCase, pin } from '../support/case.ts'
import { treeDigest } from '../support/tree-digest.ts'
import { eventually } from '../support/wait.ts'

/* Two contracts at one host that share a destination: nothing of one is destroyed, or taken for its own, by the other. */

const open: Case[] = []
afterEach(async () => {
  for (const c of open.splice(0)) await c[Symbol.asyncDispose]()
})

/** A case with a letter; with `vault`, its packages go into that of another one. */
async function contract(reference: string, vault?: string, more = ''): Promise<Case> {
  const c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'letters'))
      await writeFile(join(root, 'letters', 'letter.txt'), `Dear colleague of ${reference}\n`)
      return [{ name: 'letters', url: `files:${join(root, 'letters')}`, more }]
    },
    contract: (yaml) => {
      const own = yaml.replace('reference: TEST-1', `reference: ${reference}`)
      return vault === undefined ? own : own.replace(/"directory:[^"]*"/, `"directory:${vault}"`)
    },
  })
  open.push(c)
  return c
}

const certified = async (c: Case): Promise<unknown> => {
  const { exit, json } = await certify(c.as('verifier'), { operation: 'R1' })
  const copies = json['copies'] as readonly { name: string; outcome: string }[]
  return [exit, json['status'], copies.find(({ name }) => name === 'vault/R1-0001')?.outcome]
}

const destroyed = async (c: Case, confirm: readonly string[]): Promise<number> =>
  (await destroy(c.as('operator'), { execute: true, see: false, confirm })).exit

it('an export that finds the package of another contract says whose it is, and to leave it', async () => {
  const first = await contract('FIRST-1')
  await pin(first)
  await exportPackage(first)
  const second = await contract('SECOND-1', first.vault)
  await pin(second)
  await expect(exportPackage(second)).rejects.toMatchObject({
    code: 'target-not-empty',
    hint: 'it is a package of the contract FIRST-1: leave it, and choose another destination',
  })
})

it('an export that began in an empty folder does not write over what another contract has put there since', async () => {
  const first = await contract('FIRST-1')
  const go = join(first.root, 'go')
  const begun = join(first.root, 'begun')
  const wait = `touch ${begun}; until [ -e ${go} ]; do sleep 0.1; done`
  const more = `hooks: { freeze: [/bin/sh, -c, ${JSON.stringify(wait)}], thaw: [/bin/true] }`
  const second = await contract('SECOND-1', first.vault, more)
  for (const c of [first, second]) await pin(c)
  const late = exportPackage(second)
  late.catch(() => {})
  await eventually(async () => (existsSync(begun) ? true : undefined))
  await exportPackage(first)
  const before = await treeDigest(first.vault)
  await writeFile(go, '')
  await expect(late).rejects.toMatchObject({ code: 'target-not-empty', hint: /contract FIRST-1: leave it/ })
  expect(await treeDigest(first.vault)).toBe(before)
})

it('a delivery does not write over that of another contract which is on its way to the same place', async () => {
  const [first, second] = [await contract('FIRST-1'), await contract('SECOND-1')]
  await writeFile(join(first.root, 'letters', 'scan.dcm'), randomBytes(2_000_000))
  for (const c of [first, second]) {
    await pin(c)
    await exportPackage(c)
  }
  const slow = deliverAll(first, { rate: 1_000_000 })
  const place = join(first.client, 'R1-0001')
  await eventually(async () => (existsSync(join(place, 'volumes')) ? true : undefined))
  const before = await readFile(join(place, 'SHA256SUMS'))
  const late = deliverAll(second, { to: `directory:${first.client}` })
  await expect(late).rejects.toMatchObject({ code: 'target-not-empty', message: /another package/ })
  expect((await slow).exit).toBe(0)
  expect(await readFile(join(place, 'SHA256SUMS'))).toEqual(before)
  expect((await verify(first.session, { path: place, signers: [], packages: [] })).exit).toBe(0)
})

it('a delivery leaves a folder alone into which another contract of the same operator has begun to export', async () => {
  const first = await contract('FIRST-1')
  const dossierDir = join(first.root, 'second')
  await cp(first.dossier, dossierDir, { recursive: true })
  const yaml = await readFile(join(dossierDir, 'contract.yaml'), 'utf8')
  const other = yaml.replace('FIRST-1', 'SECOND-1').replace(first.vault, first.client)
  await writeFile(join(dossierDir, 'contract.yaml'), other)
  const as: Case['as'] = (member) => ({ ...first.as(member), dossierDir })
  const second = { ...first, dossier: dossierDir, session: { ...first.session, dossierDir }, as }
  for (const c of [first, second]) {
    await pin(c)
    await exportPackage(c)
  }
  const begun = join(first.client, 'R1-0001')
  for (const missing of ['manifest.json', 'SHA256SUMS', 'index', 'volumes']) {
    await rm(join(begun, missing), { recursive: true })
    const before = await treeDigest(begun)
    await expect(deliverAll(first)).rejects.toMatchObject({ code: 'target-not-empty', message: /beginning/ })
    expect(await treeDigest(begun)).toBe(before)
  }
})

it('what was observed absent stays so when the package of another contract has taken its place', async () => {
  const first = await contract('FIRST-1')
  const confirm = await makeReady(first)
  expect(await destroyed(first, confirm)).toBe(0)
  const final = [0, 'final', 'destroyed-observed-absent']
  expect(await certified(first)).toEqual(final)
  const second = await contract('SECOND-1', first.vault)
  await pin(second)
  await exportPackage(second)
  expect(await certified(first)).toEqual(final)
})

it('a package of another contract is not taken for one that was destroyed and not looked at since', async () => {
  const first = await contract('FIRST-1')
  const confirm = await makeReady(first)
  expect(await destroyed(first, confirm)).toBe(0)
  const second = await contract('SECOND-1', first.vault)
  await pin(second)
  await exportPackage(second)
  expect(await certified(first)).toEqual([5, 'partial', 'destroyed-not-checked'])
})

it('a rehearsal leaves the package that it finds in its place', async () => {
  const first = await contract('FIRST-1')
  await pin(first)
  await exportPackage(first)
  const running = join(first.vault, 'REH1-0001')
  await cp(join(first.vault, 'R1-0001'), running, { recursive: true })
  const before = await treeDigest(running)
  const second = await contract('SECOND-1', first.vault)
  await pin(second)
  const { exit, json } = await rehearse(second.as('operator'), { sources: [], workers: 1 })
  expect([exit, json['failures']]).toMatchObject([1, [{ code: 'target-not-empty' }]])
  expect(await treeDigest(running)).toBe(before)
})

/** A client's folder with another contract of the same persons. */
async function anotherOf(c: Case): Promise<string> {
  const folder = join(c.root, 'another')
  await cp(join(c.dossier, 'keys'), join(folder, 'keys'), { recursive: true })
  const yaml = await readFile(join(c.dossier, 'contract.yaml'), 'utf8')
  await writeFile(join(folder, 'contract.yaml'), yaml.replace('FIRST-1', 'SECOND-1'))
  return folder
}

it('what is of another contract of the same persons is neither valid by this one nor acknowledged', async () => {
  const c = await contract('FIRST-1')
  const confirm = await makeReady(c)
  const dossierDir = await anotherOf(c)
  const judged = async (dossier: string, path: string): Promise<unknown[]> => {
    const { exit, json } = await verify(
      { ...c.session, dossierDir: dossier },
      { path, signers: [], packages: [] },
    )
    return [exit, ...new Set((json['findings'] as readonly { code: string }[]).map(({ code }) => code))]
  }
  const signed = accepting(c, ['R1-0001'])
  const acknowledged = acknowledge({ ...c.as('client-1'), dossierDir }, { ...signed, signers: [] })
  await expect(acknowledged).rejects.toMatchObject({ code: 'invalid', message: /contract FIRST-1,/ })
  const known = join(c.root, 'delivered')
  await cp(join(c.client, 'R1-0001'), known, { recursive: true })
  expect(await destroyed(c, confirm)).toBe(0)
  await certify(c.as('verifier'), {})
  const documents = ['scope-R1', 'receipt-R1', 'order-R1', 'certificate-R1'].map((name) =>
    join(c.dossier, 'documents', `${name}.json`),
  )
  for (const path of [known, ...documents]) {
    expect(await judged(c.dossier, path)).toEqual([0])
    expect(await judged(dossierDir, path)).toEqual([3, 'contract-differs'])
  }
})
