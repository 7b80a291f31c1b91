import { documentBytes, readDocument, sha256Hex } from '@restitute/manifest'
import { expect, it } from 'vitest'
import { verifyCertificate } from '../src/index.ts'
import { type Draft, knownKeys, newPeople, playCase } from './support/case.ts'
import { streamed } from './support/package.ts'

/* A final certificate ends its operation: an order for a part, well carried out, does not. */

const none = { items: 0, bytes: 0 }

/** A scope of these sources, of the same case. */
function scopeOf(sources: readonly string[], head: ReturnType<typeof readDocument<'order'>>): Uint8Array {
  const { id, createdAt, contract, operation } = head
  return documentBytes('scope', {
    ...{ schema: 'restitute/scope/v1', id, createdAt, contract, operation },
    sources: sources.map((name) => ({ name, instance: 'PRIM', kind: 'sqlite', fingerprint: 'a', ...none })),
    copies: [],
    leftOut: [],
  })
}

/** What is found in a certificate of one source that is called final, the signed scope being of these sources. */
async function judged(sources: readonly string[], more: readonly Draft[] = [], given = true) {
  const people = await newPeople()
  const sound = await playCase(people)
  const order = readDocument('order', sound.order.bytes)
  const [ordered] = order.copies
  const [records] = readDocument('certificate', sound.certificate.bytes).copies
  if (ordered === undefined || records === undefined) throw new Error('a case without a source')
  const scope = scopeOf(sources, order)
  const scoped: Draft = {
    type: 'scoped',
    body: { scopeSha256: sha256Hex(scope), signers: [] },
    by: 'executor',
  }
  const played = await playCase(people, {
    order: { copies: [ordered] },
    events: (all) => [...all, scoped, ...more],
    certificate: { copies: [records], status: 'final' },
  })
  const trust = { signers: Object.values(people).map(({ publicKey }) => publicKey) }
  const facts = {
    ...{ order: { ...played.order, trust }, receipt: { ...played.receipt, trust } },
    ledger: { lines: streamed(played.lines), keys: knownKeys(people) },
    manifests: played.manifests,
    scopes: given ? [scope] : [],
  }
  const { findings, notChecked } = await verifyCertificate({ ...played.certificate, trust, facts })
  return { found: findings.map(({ code, subject }) => `${code} ${subject}`), notChecked }
}

const gone = (copy: string): Draft => ({ type: 'declaration', body: { copy }, by: 'executor' })
const exported: Draft = {
  type: 'exported',
  body: { package: 'R1-0001', manifestSha256: 'a'.repeat(64), sequence: 1 },
  by: 'executor',
}

it('is not final while a source of the signed scope, a package or the work folder is left alone', async () => {
  const { found } = await judged(['images', 'records'], [exported])
  expect(found.sort()).toEqual(['status-differs R1-0001', 'status-differs images', 'status-differs work'])
})

it('is final where all that was brought to its end, under this order or otherwise', async () => {
  const rest = [exported, gone('images'), gone('vault/R1-0001'), gone('work')]
  expect((await judged(['images', 'records'], rest)).found).toEqual([])
  const request: Draft = { type: 'requested', body: { sources: ['records'] }, by: 'executor' }
  expect((await judged(['records'], [request])).found).toEqual([])
})

it('says so where the scope was not given', async () => {
  const { notChecked } = await judged(['records'], [gone('work')], false)
  expect(notChecked).toContain(
    'the signed scope was not given: whether the order names all of it is not checked',
  )
})
