import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { caseDocument } from '../../cli/src/case-document.ts'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { inventory } from '../../cli/src/commands/inventory.ts'
import { ledger } from '../../cli/src/commands/ledger.ts'
import { log } from '../../cli/src/commands/log.ts'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import type { Member } from '../../cli/src/demo/cast.ts'
import { RestituteError } from '../../packages/core/src/index.ts'
import type { Certificate } from '../../packages/manifest/src/index.ts'
import { codes, verifiedAlone } from '../support/bundles.ts'
import {
  acknowledgeAll,
  agreeScope,
  authoriseBy,
  type Case,
  countersignScope,
  deliverAll,
  exportPackage,
  giveNotice,
  makeReady,
  openCase,
  pin,
  see,
} from '../support/case.ts'
import { cut, destroyingBy } from '../support/cut-destruction.ts'

/* Contracts live for years: persons leave, keys are replaced, and what was done before stays attributable. */

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  await mkdir(folder)
  await writeFile(join(folder, 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${folder}` }]
}

/** Changes the contract in force, signed by these. */
async function amend(c: Case, change: (yaml: string) => string, signers: readonly Member[]): Promise<void> {
  const file = join(c.dossier, 'contract.yaml')
  for (const name of await readdir(c.dossier))
    if (/^contract\.yaml\./.test(name)) await rm(join(c.dossier, name))
  const text = await readFile(file, 'utf8')
  expect(change(text)).not.toBe(text)
  await writeFile(file, change(text))
  for (const member of signers) await sign(c.as(member), file)
  await recordFile(c.as('operator'), { kind: 'contract', file })
}

/** A whole case; then somebody who authorised and the verifier are taken out of the contract. */
async function certifyThenPart(c: Case, client: Member): Promise<void> {
  const confirm = await makeReady(c)
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
  await certify(c.as('verifier'), { operation: 'R1' })
  const without = (yaml: string): string => yaml.replace(/ {2}- \{ id: (authoriser-2|verifier).*\n/g, '')
  await amend(c, without, ['host', client])
}

const judged = async (c: Case, named: readonly Member[]) => {
  const out = join(c.root, `evidence-${named.join('-')}.zip`)
  await bundle(c.session, { out })
  const files = named.map((member) => c.keyFile(member).replace(/key$/, 'asc'))
  return verifiedAlone(out, c.root, files)
}

describe('the bundle of an amended contract', () => {
  it('holds what persons did who were taken out since', async () => {
    await using c = await openCase({ sources })
    await certifyThenPart(c, 'client-2')
    const run = await judged(c, ['client-1', 'host'])
    expect([run.exit, codes(run)]).toEqual([0, []])
  })

  it('holds a certificate of what somebody authorised who was taken out before it was issued', async () => {
    await using c = await openCase({ sources })
    const confirm = await makeReady(c)
    await destroy(c.as('operator'), { execute: true, see: false, confirm })
    await amend(c, (yaml) => yaml.replace(/ {2}- \{ id: authoriser-2.*\n/, ''), ['host', 'client-2'])
    const { json } = await certify(c.as('verifier'), { operation: 'R1' })
    const issued = JSON.parse(await readFile(json['certificate'] as string, 'utf8')) as Certificate
    const both = (['authoriser-1', 'authoriser-2'] as const).map((member) => c.cast.key(member).fingerprint)
    expect(new Set(issued.authorisers)).toEqual(new Set(both))
    const run = await judged(c, ['client-1', 'host'])
    expect([run.exit, codes(run)]).toEqual([0, []])
  })

  it('is traced forward from a client key that was replaced, not backward from the one that replaced it', async () => {
    await using c = await openCase({
      sources,
      contract: (yaml) => withoutClient(yaml, 'client-2'),
    })
    await pin(c)
    const second = c.cast.key('client-2').fingerprint
    await amend(
      c,
      (yaml) =>
        yaml
          .replace('keys/client-1.asc', 'keys/client-2.asc')
          .replace(c.cast.key('client-1').fingerprint, second),
      ['host', 'client-1', 'client-2'],
    )
    expect((await judged(c, ['client-1'])).exit).toBe(0)
    // The new key vouches for nothing that was agreed before it: that client might have been anybody.
    expect((await judged(c, ['client-2'])).exit).toBe(4)
    expect((await judged(c, ['client-1', 'client-2'])).exit).toBe(0)
    expect((await judged(c, ['verifier'])).exit).toBe(4)
  })

  it('does not let somebody who was taken out sign an order afterwards', async () => {
    await using c = await openCase({ sources })
    await makeReady(c)
    await amend(c, (yaml) => yaml.replace(/ {2}- \{ id: authoriser-2.*\n/, ''), ['host', 'client-1'])
    await countersignScope(c)
    await expect(authoriseBy(c, ['authoriser-2'])).rejects.toMatchObject({ code: 'guard-refused' })
    const confirm = await see(c, false)
    const refused = destroy(c.as('operator'), { execute: true, see: false, confirm })
    await expect(refused).rejects.toMatchObject({ code: 'guard-refused' })
  })
})

it('the contract that is put in force is the one that was named', async () => {
  await using c = await openCase({ sources })
  const file = join(c.dossier, 'contract.yaml')
  const other = join(c.root, 'amended.yaml')
  await writeFile(other, (await readFile(file, 'utf8')).replace('name: Host', 'name: Host and Sons'))
  for (const path of [file, other])
    for (const member of ['host', 'client-1'] as const) await sign(c.as(member), path)
  const named = (path: string) => recordFile(c.as('operator'), { kind: 'contract', file: path })
  await expect(named(other)).rejects.toMatchObject({ code: 'usage' })
  await expect(named(join(c.root, 'nothing.yaml'))).rejects.toMatchObject({ code: 'usage' })
  await expect(named(file)).resolves.toMatchObject({ exit: 0 })
})

it('an amendment is recorded by a person of the contract before it: whoever is new in it is told so', async () => {
  let left = ''
  const without = (yaml: string): string =>
    yaml.replace(/ {2}- \{ id: verifier.*\n/, (line) => {
      left = line
      return ''
    })
  await using c = await openCase({ sources, contract: without })
  await pin(c)
  const newcomer = { ...c, as: (member: Member) => c.as(member === 'operator' ? 'verifier' : member) }
  const joined = (yaml: string): string => yaml.replace(/( {2}- \{ id: operator)/, `${left}$1`)
  const refused = amend(newcomer, joined, ['host', 'client-1'])
  await expect(refused).rejects.toMatchObject({ code: 'key-wrong', hint: /contract before it/ })
  const file = join(c.dossier, 'contract.yaml')
  expect((await recordFile(c.as('operator'), { kind: 'contract', file })).exit).toBe(0)
})

it('the ledger verifies with the keys of everybody who has ever acted in it', async () => {
  await using c = await openCase({ sources })
  await certifyThenPart(c, 'client-1')
  const { exit, json } = await ledger(c.session, 'verify')
  expect([exit, json['verdict']]).toEqual([0, 'valid'])

  // On the pages and in the traces of the case, those who have left are still who they were.
  const minutes = join(c.root, 'minutes.html')
  await caseDocument(c.session, { kind: 'minutes', out: minutes, operation: 'R1' })
  const by = await readFile(minutes, 'utf8')
  for (const member of ['authoriser-2', 'verifier'] as const) {
    expect(by).toContain(member)
    expect(by).not.toContain(c.cast.key(member).fingerprint)
  }
  const traces = join(c.root, 'traces.jsonl')
  await log(c.as('operator'), 'extract', { out: traces })
  expect((await readFile(traces, 'utf8')).split('\n')[0]).toContain(c.cast.key('verifier').fingerprint)
})

it('an order under the contract before it is not taken up: a new one is written', async () => {
  await using c = await openCase({ sources })
  const confirm = await makeReady(c)
  await amend(c, (yaml) => yaml.replace('name: Host', 'name: Host and Sons'), ['host', 'client-1'])
  await countersignScope(c)
  await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
  await see(c)
  c.clock.advance('P30D')
  expect((await destroy(c.as('operator'), { execute: true, see: false, confirm })).exit).toBe(0)
})

describe('a copy whose address is amended', () => {
  const outcomes = async (c: Case, of = 'documents'): Promise<unknown[]> => {
    const { exit, json } = await certify(c.as('verifier'), {})
    const copies = json['copies'] as readonly { name: string; outcome: string }[]
    return [exit, copies.find(({ name }) => name === of)?.outcome]
  }
  const to = (place: string, was: string) => (yaml: string) =>
    yaml.replace(new RegExp(`/${was}"`), `/${place}"`)

  it('once its destruction was cut is not taken for gone, by a new order either', async () => {
    await using c = await openCase({ sources })
    await mkdir(join(c.root, 'source', 'first'))
    const confirm = await makeReady(c)
    await cut(c, confirm)
    expect(await readdir(join(c.root, 'source'))).toEqual(['letter.txt'])
    await mkdir(join(c.root, 'source-new'))
    await amend(c, to('source-new', 'source'), ['host', 'client-1'])
    await countersignScope(c)
    await rm(join(c.root, 'source-new'), { recursive: true })
    expect(await outcomes(c)).toEqual([5, 'could-not-check'])
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    const again = (): Promise<unknown> => destroy(c.as('operator'), { execute: true, see: false, confirm })
    await expect(again()).rejects.toMatchObject({ code: 'source-unreachable', message: /another address/ })
  })

  it.each([
    ['source', 'documents'],
    ['vault', 'vault/R1-0001'],
  ])('(%s) once it was destroyed is observed gone nowhere else', async (place, copy) => {
    await using c = await openCase({ sources })
    const confirm = await makeReady(c)
    expect((await destroy(c.as('operator'), { execute: true, see: false, confirm })).exit).toBe(0)
    await mkdir(join(c.root, 'new'))
    await amend(c, to(`new/${place}`, place), ['host', 'client-1'])
    await mkdir(join(c.root, 'new', 'vault'))
    expect(await outcomes(c, copy)).toEqual([5, 'destroyed-not-checked'])
    await amend(c, (yaml) => `${to(place, `new/${place}`)(yaml)}# as before\n`, ['host', 'client-1'])
    expect(await outcomes(c, copy)).toEqual([0, 'destroyed-observed-absent'])
  })

  it('for its probe once it was seen is observed gone by nobody who has not seen it there', async () => {
    await using c = await openCase({ sources })
    const confirm = await makeReady(c)
    await mkdir(join(c.root, 'new'))
    const probe = `"files:${join(c.root, 'new', 'source')}"`
    const probed = (yaml: string): string => yaml.replace(/(\/source")/, `$1, probe: { url: ${probe} }`)
    await amend(c, probed, ['host', 'client-1'])
    await countersignScope(c)
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    expect((await destroy(c.as('operator'), { execute: true, see: false, confirm })).exit).toBe(0)
    expect(await outcomes(c)).toEqual([5, 'destroyed-not-checked'])
  })
})

/** The same case when the operator has left, the verifier has taken their place, and an authoriser that of the verifier. */
async function operatorLeaves(c: Case): Promise<Case> {
  const moved = (yaml: string): string =>
    yaml
      .replace(/ {2}- \{ id: operator.*\n/, '')
      .replace(/(id: verifier.*roles: \[)verifier\]/, '$1operator]')
      .replace(/(id: authoriser-2.*roles: \[)authoriser\]/, '$1authoriser, verifier]')
  await amend(c, moved, ['host', 'client-1'])
  const now: Partial<Record<Member, Member>> = { operator: 'verifier', verifier: 'authoriser-2' }
  return { ...c, as: (member) => c.as(now[member] ?? member) }
}

it('what an operator exported who has left since is still delivered, and leads to its certificate', async () => {
  await using c = await openCase({ sources })
  await pin(c)
  await agreeScope(c)
  await exportPackage(c)
  await deliverAll(c)
  await acknowledgeAll(c, ['R1-0001'])
  const later = await operatorLeaves(c)
  await countersignScope(later)
  await giveNotice(later)
  await authoriseBy(later, ['authoriser-1', 'authoriser-2'])
  const confirm = await see(later)
  c.clock.advance('P30D')
  expect((await destroy(later.as('operator'), { execute: true, see: false, confirm })).exit).toBe(0)
  const { json } = await certify(later.as('verifier'), { operation: 'R1' })
  expect(json['status']).toBe('final')
  const run = await judged(c, ['client-1', 'host'])
  expect([run.exit, codes(run)]).toEqual([0, []])
})

/** Destroys the first source; the destroyer of the next one fails. */
async function destroyFirst(c: Case, confirm: readonly string[]): Promise<void> {
  let begun = 0
  const session = c.as('operator')
  const connectorOf = destroyingBy(
    session.connectorOf,
    (real) =>
      async function* (signal) {
        begun += 1
        if (begun > 1) throw new RestituteError('destroy-failed', 'no right to delete')
        yield* real.destroy(signal)
      },
  )
  const run = await destroy({ ...session, connectorOf }, { execute: true, see: false, confirm })
  expect(run.exit).toBe(1)
}

it('what an amendment found destroyed in part gets its scope, its order and its certificate all the same', async () => {
  await using c = await openCase({
    sources: async (root) => {
      const first = await sources(root)
      await mkdir(join(root, 'second'))
      await writeFile(join(root, 'second', 'scan.txt'), 'a scan')
      return [...first, { name: 'scans', url: `files:${join(root, 'second')}` }]
    },
  })
  const confirm = await makeReady(c)
  await destroyFirst(c, confirm)
  await expect(readdir(join(c.root, 'source'))).rejects.toMatchObject({ code: 'ENOENT' })
  const later = await operatorLeaves(c)
  const scope = join(c.root, 'scope.json')
  const { lines } = await inventory(c.session, { sources: [], scope })
  expect(lines.join('\n')).toMatch(/^documents {2}as in the scope signed before/)
  await countersignScope(later)
  await authoriseBy(later, ['authoriser-1', 'authoriser-2'])
  await see(later)
  expect((await destroy(later.as('operator'), { execute: true, see: false, confirm })).exit).toBe(0)
  const { json } = await certify(later.as('verifier'), { operation: 'R1' })
  expect(json['status']).toBe('final')
  const run = await judged(c, ['client-1', 'host'])
  expect([run.exit, codes(run)]).toEqual([0, []])
})

function withoutClient(yaml: string, member: string): string {
  return yaml
    .replace(`, keys/${member}.asc]`, ']')
    .replace(/(fingerprints: \["[0-9a-f]{40}"), "[0-9a-f]{40}"\]/, '$1]')
}
