import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { verifyCertificate } from '@restitute/verify'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  executeDestruction,
  issueCertificate,
  planDestruction,
  probeCopies,
  seeCopies,
} from '../src/index.ts'
import {
  acceptedCase,
  authorise,
  type Case,
  execution,
  looking,
  signOrder,
  writersOf,
} from './support/case.ts'
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

function certifying(c: Case, orderSha256: string) {
  const { dossier, clock } = c
  return { dossier, operation: 'R1', orderSha256, verifier: people.verifier, at: clock.now() }
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
    const { certificate } = await issueCertificate(certifying(c, orderSha256))
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

describe('items that were never delivered', () => {
  it('may go when the consent lists them, and only they', async () => {
    const c = await acceptedCase(temporaryFolder(), people, 'unreadable.txt')
    await seeCopies(looking(c))
    const orderSha256 = await authorise(c)
    writeFileSync(join(c.source, 'other.txt'), 'not in the consent')
    const refused = { code: 'guard-refused', details: { guard: 'unchanged' } }
    await expect(executeDestruction(execution(c, orderSha256))).rejects.toMatchObject(refused)
    rmSync(join(c.source, 'other.txt'))
    const [source] = await executeDestruction(execution(c, orderSha256))
    expect(source).toMatchObject({ copy: 'records', result: 'done', steps: 4 })
  })
})

/** Destroys and probes everything of the order. */
async function destroyed(orderSha256: string, c: Case): Promise<void> {
  await executeDestruction(execution(c, orderSha256))
  await probeCopies({ ...looking(c), orderSha256 })
}

/** What an auditor finds in the dossier, given to the verifier of certificates. */
async function judged(c: Case, orderSha256: string): Promise<Awaited<ReturnType<typeof verifyCertificate>>> {
  const { append } = writersOf(c.dossier, people, c.clock)
  const { bytes, sha256, signature, certificate } = await issueCertificate(certifying(c, orderSha256))
  await append('certified', { certificateSha256: sha256, status: certificate.status }, people.verifier)
  const { keys } = c.dossier.terms
  const everyone = [keys.host, ...keys.clients, ...[...keys.persons.values()].map(({ key }) => key)]
  const trust = { signers: everyone }
  const lines = readFileSync(c.dossier.paths.ledger, 'utf8').trimEnd().split('\n')
  return verifyCertificate({
    name: 'certificate-R1-1.json',
    bytes,
    signatures: [
      { name: `certificate-R1-1.json.${people.verifier.fingerprint}.asc`, bytes: Buffer.from(signature) },
    ],
    trust: { signers: [people.verifier.publicKey] },
    facts: {
      order: { ...documentIn(c, 'order-R1.json'), trust },
      receipt: { ...documentIn(c, 'receipt-R1.json'), trust },
      ledger: {
        lines: (async function* () {
          yield* lines.map((line) => Buffer.from(line))
        })(),
        keys: new Map(everyone.map((key) => [key.fingerprint, key])),
      },
      manifests: [documentIn(c, 'manifest-R1-0001.json')],
    },
  })
}

function documentIn(c: Case, name: string) {
  const { documents } = c.dossier.paths
  const read = (file: string) => ({ name: file, bytes: readFileSync(join(documents, file)) })
  const signatures = readdirSync(documents).filter((file) => file.startsWith(`${name}.`))
  return { ...read(name), signatures: signatures.map(read) }
}

describe('a certificate', () => {
  it('follows from order, receipt, ledger and the manifests that were kept, by an independent reading', async () => {
    const { c, orderSha256 } = await orderedCase()
    await destroyed(orderSha256, c)
    const report = await judged(c, orderSha256)
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ verdict: 'valid', document: { status: 'partial' } })
  })

  it('is final once who holds the deferred copy declares it gone, and says on whose word', async () => {
    const { c, orderSha256 } = await orderedCase()
    await destroyed(orderSha256, c)
    const { append } = writersOf(c.dossier, people, c.clock)
    await append('declaration', { copy: 'nightly', sha256: 'ef'.repeat(32), signers: [] })
    const report = await judged(c, orderSha256)
    expect(report).toMatchObject({ verdict: 'valid', document: { status: 'final' } })
    expect(report.document?.limits).toContain(
      'That copy "nightly" is gone rests on the declaration of Bravo and was not observed.',
    )
  })

  it('is not final while the order leaves a copy alone; the order for the rest makes it so', async () => {
    const c = await acceptedCase(temporaryFolder(), people)
    await seeCopies(looking(c))
    const orderSha256 = await authorise(c, { copies: c.copies.filter(({ name }) => name === 'records') })
    await destroyed(orderSha256, c)
    const { document } = await judged(c, orderSha256)
    expect(document).toMatchObject({ status: 'partial', copies: [{ name: 'records' }] })
    for (const name of ['nightly', 'R1-0001', 'work'])
      expect(document?.limits).toContain(`Copy "${name}" is not covered by the order.`)
    expect(existsSync(join(c.dossier.paths.work, 'journal.db'))).toBe(true)

    const rest = await authorise(c, { copies: c.copies.filter(({ name }) => name !== 'records') })
    await destroyed(rest, c)
    const { append } = writersOf(c.dossier, people, c.clock)
    await append('declaration', { copy: 'nightly', sha256: 'ef'.repeat(32), signers: [] })
    expect((await judged(c, rest)).document?.status).toBe('final')
  })

  it('looks again at what an earlier order of the operation took, and nobody had looked at since', async () => {
    const c = await acceptedCase(temporaryFolder(), people)
    await seeCopies(looking(c))
    const isFirst = ({ name }: Case['copies'][number]): boolean => name === 'records'
    await executeDestruction(execution(c, await authorise(c, { copies: c.copies.filter(isFirst) })))
    const rest = await authorise(c, { copies: c.copies.filter((copy) => !isFirst(copy)) })
    await destroyed(rest, c)
    const { append } = writersOf(c.dossier, people, c.clock)
    await append('declaration', { copy: 'nightly', sha256: 'ef'.repeat(32), signers: [] })
    expect((await judged(c, rest)).document?.status).toBe('final')
  })

  it('may rest on an order for what is left once another has taken the work folder', async () => {
    const c = await acceptedCase(temporaryFolder(), people)
    await seeCopies(looking(c))
    const isFirst = ({ kind }: Case['copies'][number]): boolean => kind === 'source' || kind === 'work'
    await destroyed(await authorise(c, { copies: c.copies.filter(isFirst) }), c)
    const rest = await authorise(c, { copies: c.copies.filter((copy) => !isFirst(copy)) })
    const losses = (): never => expect.fail('its journals are gone')
    const results = await executeDestruction({ ...execution(c, rest), losses })
    expect(results.map(({ copy, result }) => [copy, result])).toEqual([['vault/R1-0001', 'done']])
  })

  it('names who authorised what was destroyed, and nobody who signed the order later', async () => {
    const { c, orderSha256 } = await orderedCase()
    await destroyed(orderSha256, c)
    await signOrder(c, orderSha256, people.verifier)
    const report = await judged(c, orderSha256)
    expect(report.findings).toEqual([])
    const { first, second } = people
    const signed = new Set(report.document?.authorisers)
    expect(signed).toEqual(new Set([first.fingerprint, second.fingerprint]))
  })

  it('says that a copy which came back is not destroyed', async () => {
    const { c, orderSha256 } = await orderedCase()
    await executeDestruction(execution(c, orderSha256))
    mkdirSync(c.source)
    await probeCopies({ ...looking(c), orderSha256 })
    const report = await judged(c, orderSha256)
    expect(report).toMatchObject({ verdict: 'valid', document: { status: 'partial' } })
    expect(report.document?.copies[0]).toMatchObject({
      outcome: 'not-destroyed',
      probe: { state: 'present' },
    })
  })
})
