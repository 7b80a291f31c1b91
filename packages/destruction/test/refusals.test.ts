import { cpSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { signedDocument } from '@restitute/dossier'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  executeDestruction,
  issueCertificate,
  planDestruction,
  probeCopies,
  seeCopies,
} from '../src/index.ts'
import { acceptedCase, authorise, type Case, execution, looking } from './support/case.ts'
import { temporaryFolder, treeDigest } from './support/folders.ts'
import { armoredPeople, type People, readPeople } from './support/people.ts'

let people: People
beforeAll(async () => {
  people = await readPeople(await armoredPeople())
})

async function seenCase(): Promise<Case> {
  const c = await acceptedCase(temporaryFolder(), people)
  await seeCopies(looking(c))
  return c
}

/** Everything that a destruction could touch. */
function touchable(c: Case): readonly string[] {
  return [
    ...[c.source, join(c.dir, '../vault'), c.dossier.paths.work].map(treeDigest),
    readFileSync(c.dossier.paths.ledger, 'utf8'),
  ]
}

/** That the destruction is refused by this guard, and that nothing at all was touched. */
async function expectRefused(
  guard: string,
  c: Case,
  orderSha256: string,
  changes: object = {},
): Promise<void> {
  const before = touchable(c)
  const options = { ...execution(c, orderSha256), ...changes }
  const run = executeDestruction(options)
  await expect(run).rejects.toMatchObject({ code: 'guard-refused', details: { guard } })
  expect(touchable(c)).toEqual(before)
  const plan = await planDestruction({ ...options, executor: options.executor.fingerprint })
  expect(plan.guards.filter(({ holds }) => !holds).map((verdict) => verdict.guard)).toContain(guard)
}

describe('executeDestruction refuses, and touches nothing', () => {
  it('a source that was changed after the export', async () => {
    const c = await seenCase()
    const orderSha256 = await authorise(c)
    writeFileSync(join(c.source, 'b.txt'), 'one more finding')
    await expectRefused('unchanged', c, orderSha256)
  })

  it('a source that something was added to', async () => {
    const c = await seenCase()
    const orderSha256 = await authorise(c)
    writeFileSync(join(c.source, 'd.txt'), 'one more file')
    await expectRefused('unchanged', c, orderSha256)
  })

  it('another source under the same name, even with the same content', async () => {
    const c = await seenCase()
    const orderSha256 = await authorise(c)
    renameSync(c.source, `${c.source}-aside`)
    cpSync(`${c.source}-aside`, c.source, { recursive: true })
    await expectRefused('tenant', c, orderSha256)
  })

  it('a fingerprint that was typed wrong, or not at all', async () => {
    const c = await seenCase()
    const orderSha256 = await authorise(c)
    const { typed } = execution(c, orderSha256)
    await expectRefused('tenant', c, orderSha256, {
      typed: new Map([...typed, ['records', '0000-0000-0000']]),
    })
    await expectRefused('tenant', c, orderSha256, { typed: new Map() })
  })

  it('an order for another delivery', async () => {
    const c = await seenCase()
    const foreign = { manifest: c.made.manifest, sha256: 'cd'.repeat(32) }
    await expectRefused('delivery-valid', c, await authorise(c, { packages: [foreign] }))
  })

  it('a package that is not what was delivered any more', async () => {
    const c = await seenCase()
    const orderSha256 = await authorise(c)
    writeFileSync(join(c.dir, '../vault/R1-0001/volumes/000001.tar.zst.pgp'), 'garbage')
    await expectRefused('delivery-valid', c, orderSha256)
  })

  it('an order that has expired', async () => {
    const c = await seenCase()
    const orderSha256 = await authorise(c)
    c.clock.set('2026-03-02T00:00:00Z')
    await expectRefused('authorised', c, orderSha256)
  })

  it('an executor who authorised', async () => {
    const c = await seenCase()
    await expectRefused('authorised', c, await authorise(c), { executor: people.first })
  })

  it('copies that no verifier has seen', async () => {
    const c = await acceptedCase(temporaryFolder(), people)
    const orderSha256 = await authorise(c)
    const { document } = await signedDocument(c.dossier, 'order', orderSha256)
    const typed = new Map(document.copies.map(({ name, fingerprint }) => [name, fingerprint ?? '']))
    await expectRefused('probe-ready', c, orderSha256, { typed })
  })
})

describe('executeDestruction asks again before each copy', () => {
  it('and stops where an order expires on the way', async () => {
    const c = await seenCase()
    const orderSha256 = await authorise(c)
    const fault = (n: number): void => {
      if (n === 1) c.clock.set('2026-03-02T00:00:00Z')
    }
    const run = executeDestruction(execution(c, orderSha256, { fault }))
    await expect(run).rejects.toMatchObject({ code: 'guard-refused', details: { guard: 'authorised' } })
    expect(existsSync(c.source)).toBe(false)
    expect(existsSync(join(c.dir, '../vault/R1-0001/manifest.json'))).toBe(true)
    expect(existsSync(join(c.dossier.paths.work, 'journal.db'))).toBe(true)
  })
})

describe('probing and certifying refuse', () => {
  it('the executor, and whoever is no verifier', async () => {
    const c = await seenCase()
    const orderSha256 = await authorise(c)
    await executeDestruction(execution(c, orderSha256))
    const events = c.dossier.ledger.events().length
    for (const verifier of [people.operator, people.first]) {
      const refused = { code: 'guard-refused', details: { guard: 'probe-ready' } }
      const { dossier } = c
      await expect(seeCopies({ ...looking(c), verifier })).rejects.toMatchObject(refused)
      await expect(probeCopies({ ...looking(c), orderSha256, verifier })).rejects.toMatchObject(refused)
      const request = { dossier, operation: 'R1', orderSha256, verifier, at: c.clock.now() }
      await expect(issueCertificate(request)).rejects.toMatchObject(refused)
    }
    expect(c.dossier.ledger.events()).toHaveLength(events)
  })

  it('a certificate before anything was destroyed', async () => {
    const c = await seenCase()
    const orderSha256 = await authorise(c)
    const { dossier } = c
    const request = { dossier, operation: 'R1', orderSha256, verifier: people.verifier, at: c.clock.now() }
    await expect(issueCertificate(request)).rejects.toMatchObject({ code: 'incomplete' })
  })
})
