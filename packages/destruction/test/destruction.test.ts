import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readDocument } from '@restitute/manifest'
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

/** Accepted, seen by the verifier, ordered. */
async function orderedCase(): Promise<{ c: Case; orderSha256: string }> {
  const c = await acceptedCase(temporaryFolder(), people)
  await seeCopies(looking(c))
  return { c, orderSha256: await authorise(c) }
}

function typesOf(c: Case): readonly string[] {
  return c.dossier.ledger.events().map(({ type }) => type)
}

describe('a destruction, from the plan to the certificate', () => {
  it('plans without touching anything', async () => {
    const { c, orderSha256 } = await orderedCase()
    const before = [treeDigest(c.dir), treeDigest(c.source)]
    const plan = await planDestruction({
      ...execution(c, orderSha256),
      executor: people.operator.fingerprint,
    })
    expect(plan.guards.filter(({ holds }) => !holds)).toEqual([])
    expect(plan.copies.map(({ ordered, action }) => [ordered.name, action])).toEqual([
      ['records', 'destroy'],
      ['vault/R1-0001', 'destroy'],
      ['work', 'destroy'],
      ['nightly', 'skip'],
    ])
    expect(plan.copies[0]).toMatchObject({ stepCount: 3, method: { category: 'none', technique: 'unlink' } })
    expect(treeDigest(c.source)).toBe(before[1])
  })

  it('destroys, probes and certifies what it may, and leaves the deferred copy open', async () => {
    const { c, orderSha256 } = await orderedCase()
    const results = await executeDestruction(execution(c, orderSha256))
    expect(results.map(({ copy, result }) => [copy, result])).toEqual([
      ['records', 'done'],
      ['vault/R1-0001', 'done'],
      ['work', 'done'],
    ])
    for (const path of [c.source, c.dossier.paths.work, join(c.dir, '../vault/R1-0001')]) {
      expect(existsSync(path)).toBe(false)
    }
    const probed = await probeCopies({ ...looking(c), orderSha256 })
    expect(probed.map(({ sighting }) => sighting.state)).toEqual(['absent', 'absent', 'absent'])
    const issued = await issueCertificate({
      dossier: c.dossier,
      operation: 'R1',
      orderSha256,
      verifier: people.verifier,
      at: c.clock.now(),
    })
    const certificate = readDocument('certificate', issued.bytes)
    expect(certificate).toMatchObject({
      status: 'partial',
      executor: people.operator.fingerprint,
      verifier: people.verifier.fingerprint,
      authorisers: expect.arrayContaining([people.first.fingerprint, people.second.fingerprint]),
    })
    expect(certificate.copies.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['records', 'destroyed-observed-absent'],
      ['vault/R1-0001', 'destroyed-observed-absent'],
      ['work', 'destroyed-observed-absent'],
      ['nightly', 'deferred'],
    ])
    expect(certificate.copies[0]).toMatchObject({ items: 3, steps: 3, method: { category: 'none' } })
    expect(certificate.limits.join(' ')).toContain('no sanitization of the medium is claimed')
    expect(typesOf(c).filter((type) => type === 'destruction-started')).toHaveLength(3)
  })
})
