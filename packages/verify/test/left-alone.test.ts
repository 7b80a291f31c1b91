import { type Certificate, documentBytes, readDocument, type Scope, sha256Hex } from '@restitute/manifest'
import { expect, it } from 'vitest'
import { verifyCertificate } from '../src/index.ts'
import { type Draft, knownKeys, newPeople, playCase } from './support/case.ts'
import { streamed } from './support/package.ts'

/* A final certificate ends its operation: an order for a part, well carried out, does not. */

const none = { items: 0, bytes: 0 }

/** A scope of these sources and copies, of the same case. */
function scopeOf(
  sources: readonly string[],
  head: ReturnType<typeof readDocument<'order'>>,
  copies: Scope['copies'] = [],
  fingerprint = '3f2a-9c1b-77de',
): Uint8Array {
  const { id, createdAt, contract, operation } = head
  return documentBytes('scope', {
    ...{ schema: 'restitute/scope/v1', id, createdAt, contract, operation },
    sources: sources.map((name) => ({ name, instance: 'PRIM', kind: 'sqlite', fingerprint, ...none })),
    copies,
    leftOut: [],
  })
}

/** What is found in a certificate of one source that is called final, the signed scope being of these sources. */
async function judged(
  sources: readonly string[],
  more: readonly Draft[] = [],
  {
    given = true,
    status = 'final',
    copies = [],
    before = [],
    fingerprint,
  }: {
    readonly given?: boolean
    readonly status?: Certificate['status']
    readonly copies?: Scope['copies']
    /** Of a scope that was signed before. */
    readonly before?: readonly string[]
    /** Of the sources in the scope. */
    readonly fingerprint?: string
  } = {},
) {
  const people = await newPeople()
  const sound = await playCase(people)
  const order = readDocument('order', sound.order.bytes)
  const [ordered] = order.copies
  const [records] = readDocument('certificate', sound.certificate.bytes).copies
  if (ordered === undefined || records === undefined) throw new Error('a case without a source')
  const [earlier, scope] = [scopeOf(before, order), scopeOf(sources, order, copies, fingerprint)]
  const scoped = [...(before.length > 0 ? [earlier] : []), scope].map(
    (one): Draft => ({
      ...{ type: 'scoped', by: 'executor' },
      body: { scopeSha256: sha256Hex(one), signers: [] },
    }),
  )
  const played = await playCase(people, {
    order: { copies: [ordered] },
    events: (all) => [...all, ...scoped, ...more],
    certificate: { copies: [records], status },
  })
  const trust = { signers: Object.values(people).map(({ publicKey }) => publicKey) }
  const facts = {
    ...{ order: { ...played.order, trust }, receipt: { ...played.receipt, trust } },
    ledger: { lines: streamed(played.lines), keys: knownKeys(people) },
    manifests: played.manifests,
    scopes: given ? [earlier, scope] : [],
  }
  const { findings, notChecked } = await verifyCertificate({ ...played.certificate, trust, facts })
  return { found: findings.map(({ code, subject }) => `${code} ${subject}`), notChecked }
}

const gone = (copy: string): Draft => ({ type: 'declaration', body: { copy }, by: 'executor' })
const exported: Draft = {
  type: 'exported',
  body: { package: 'R1-0002', manifestSha256: 'a'.repeat(64), sequence: 1 },
  by: 'executor',
}

it('is not final while a source of the signed scope, a package or the work folder is left alone', async () => {
  const { found } = await judged(['images', 'records'], [exported])
  expect(found.sort()).toEqual(['status-differs R1-0002', 'status-differs images', 'status-differs work'])
})

it('is not final while a package is left alone that was delivered, though no event says that it was made', async () => {
  const there: Draft = {
    ...{ type: 'copy-seen', by: 'verifier' },
    body: { copy: 'vault/R1-0001', fingerprint: '', identity: 'x', state: 'present' },
  }
  const { found } = await judged(['records'], [there, gone('work')])
  expect(found).toEqual(['status-differs R1-0001'])
})

it('is final where all that was brought to its end, under this order or otherwise', async () => {
  const rest = [exported, gone('images'), gone('vault/R1-0002'), gone('work')]
  expect((await judged(['images', 'records'], rest)).found).toEqual([])
  const request: Draft = { type: 'requested', body: { sources: ['records'] }, by: 'executor' }
  expect((await judged(['records'], [request])).found).toEqual([])
})

it('ends nothing, and need not name all, while it is partial', async () => {
  expect((await judged(['images', 'records'], [exported], { status: 'partial' })).found).toEqual([])
})

it('is judged by the scope that was signed last', async () => {
  expect((await judged(['records'], [gone('work')], { before: ['images'] })).found).toEqual([])
  const { found } = await judged(['images', 'records'], [gone('work')], { before: ['records'] })
  expect(found).toEqual(['status-differs images'])
})

it('is not final while a copy of the scope, a medium or a package of that very name is left alone', async () => {
  const copy = { instance: 'PRIM' }
  const copies = [
    { ...copy, kind: 'backup', name: 'tapes' },
    { ...copy, kind: 'replica', name: 'standby' },
  ] as const
  const medium: Draft = { type: 'delivered', body: { packages: [], medium: 'WX-1' }, by: 'executor' }
  const begun: Draft = { type: 'delivery-started', body: { packages: [], medium: 'WX-2' }, by: 'executor' }
  const rest = [exported, medium, begun, medium, gone('vault/A-R1-0002'), gone('work')]
  const { found } = await judged(['records'], rest, { copies })
  const left = ['R1-0002', 'medium/WX-1', 'medium/WX-2', 'standby', 'tapes']
  expect(found.sort()).toEqual(left.map((name) => `status-differs ${name}`))
})

it('needs the work folder gone unless every request was for a part', async () => {
  const request = (sources: readonly string[]): Draft => ({
    ...{ type: 'requested', body: { sources: [...sources] }, by: 'executor' },
  })
  const { found } = await judged(['records'], [request(['records']), request([])])
  expect(found).toEqual(['status-differs work'])
})

it('is brought to its end by the order under which it was begun last, and as the system that was meant there', async () => {
  const body = { copy: 'images', fingerprint: 'aaaa', category: 'none', technique: 'x', limits: [] }
  const seen = (fingerprint: string): Draft => ({
    ...{ type: 'copy-seen', by: 'verifier' },
    body: { copy: 'images', fingerprint, identity: 'x', state: 'present' },
  })
  const under = (orderSha256: string, ...more: readonly Draft[]): Draft[] => [
    ...more,
    { type: 'destruction-started', body: { ...body, orderSha256 }, by: 'executor' },
    {
      ...{ type: 'destruction-finished', by: 'executor' },
      body: { orderSha256, copy: 'images', result: 'done', steps: 1, count: 1 },
    },
  ]
  const absent: Draft = {
    ...{ type: 'copy-probed', by: 'verifier' },
    body: { copy: 'images', state: 'absent', identity: 'x', looked: [], limits: [] },
  }
  const one = 'a'.repeat(64)
  const of = async (...events: readonly Draft[]): Promise<string[]> =>
    (await judged(['images', 'records'], [...events, gone('work')])).found
  expect(await of(...under(one, seen('aaaa')), absent)).toEqual([])
  expect(await of(...under(one, seen('bbbb')), absent)).toEqual(['status-differs images'])
  const again = under('b'.repeat(64))
  const other: Draft = {
    ...{ type: 'destruction-started', by: 'executor' },
    body: { ...body, copy: 'older', orderSha256: 'c'.repeat(64) },
  }
  expect(await of(...under(one, seen('aaaa')), absent, ...again, other)).toEqual(['status-differs images'])
})

it('says so where the scope was not given', async () => {
  const { notChecked } = await judged(['records'], [gone('work')], { given: false })
  expect(notChecked).toContain(
    'the signed scope was not given: whether the order names all of it is not checked',
  )
})

it('is not of another system than the one that host and client have signed for', async () => {
  const { found } = await judged(['records'], [exported, gone('vault/R1-0002'), gone('work')], {
    fingerprint: 'ffff-ffff-ffff',
  })
  expect(found).toContain('copies-differ records')
})
