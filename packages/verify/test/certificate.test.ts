import { type Certificate, documentBytes, readDocument, sha256Hex } from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type CertificateFacts,
  exitOf,
  type FindingCode,
  verifyCertificate,
  verifySignedDocument,
} from '../src/index.ts'
import {
  type Case,
  type Changes,
  type Draft,
  knownKeys,
  newPeople,
  type People,
  playCase,
  signedLine,
} from './support/case.ts'
import { streamed } from './support/package.ts'

let people: People
let sound: Case
beforeAll(async () => {
  people = await newPeople()
  sound = await playCase(people)
})

const trust = (...who: (keyof People)[]): { signers: PublicKey[] } => ({
  signers: who.map((name) => people[name].publicKey),
})

function factsOf(played: Case): CertificateFacts {
  return {
    order: { ...played.order, trust: trust('first', 'second') },
    receipt: { ...played.receipt, trust: trust('client') },
    ledger: { lines: streamed(played.lines), keys: knownKeys(people) },
    manifests: played.manifests,
  }
}

const verify = (
  played: Case,
  facts: CertificateFacts = factsOf(played),
): ReturnType<typeof verifyCertificate> =>
  verifyCertificate({ ...played.certificate, trust: trust('verifier'), facts })

async function codesOf(played: Case, facts?: CertificateFacts): Promise<FindingCode[]> {
  const report = await verify(played, facts)
  return [...new Set(report.findings.map(({ code }) => code))]
}

describe('a sound certificate', () => {
  it('is valid with every fact', async () => {
    const report = await verify(sound)
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({
      kind: 'certificate',
      verdict: 'valid',
      signers: [{ fingerprint: people.verifier.fingerprint }],
    })
    expect(report.document?.status).toBe('partial')
    expect(report.notChecked.join()).not.toContain('not given')
  })

  it('says of each absent fact that it was not checked', async () => {
    const report = await verify(sound, {})
    expect(report.verdict).toBe('valid')
    for (const word of [
      'the order was not given',
      'the receipt was not given',
      'the ledger was not given',
      'package R1-0001 was not given',
    ]) {
      expect(report.notChecked.join('\n')).toContain(word)
    }
  })

  it('has an unknown origin without anyone to trust', async () => {
    const report = await verifyCertificate({ ...sound.certificate, trust: { signers: [] }, facts: {} })
    expect(report.verdict).toBe('origin-unknown')
  })

  it('stays valid when the ledger has grown since', async () => {
    const next = {
      sequence: sound.lines.length + 1,
      at: '2025-01-01T00:00:00Z',
      operation: 'R1',
      type: 'incident',
      body: {},
      person: people.first.fingerprint,
      previous: sha256Hex(sound.lines.at(-1) ?? ''),
    } as const
    const grown = { ...sound, lines: [...sound.lines, await signedLine(next, people.first)] }
    expect(await codesOf(grown)).toEqual([])
  })
})

describe('the three forgeries', () => {
  it('altered: its signature does not fit', async () => {
    const document = readDocument('certificate', sound.certificate.bytes)
    const bytes = documentBytes('certificate', { ...document, limits: [] })
    const report = await verify({ ...sound, certificate: { ...sound.certificate, bytes } }, {})
    expect(report.findings.map(({ code }) => code)).toEqual(['signature-bad'])
    expect(report.signers).toEqual([])
  })

  it('signed by a stranger: the signer is unknown', async () => {
    const forged = await playCase(people, { signers: { certificate: ['stranger'] } })
    const report = await verify(forged)
    expect(report.findings.map(({ code }) => code)).toEqual(['signer-unknown'])
    expect(exitOf(report)).toBe(3)
  })

  it('bound to another delivery: order, receipt and packages are others', async () => {
    const other = [{ package: 'R2-0001', manifestSha256: '9'.repeat(64) }]
    const forged = await playCase(people, { certificate: { packages: other } })
    const report = await verify(forged)
    const differing = report.findings
      .filter(({ code }) => code === 'delivery-differs')
      .map(({ subject }) => subject)
    expect(differing).toEqual(['order', 'receipt', 'R1-0001'])
    expect(exitOf(report)).toBe(3)
    expect(await codesOf(forged, { manifests: forged.manifests })).toEqual(['delivery-differs'])
  })
})

const certificate = (change: Partial<Certificate>): Changes => ({ certificate: change })
const changeCopy = (index: number, change: Partial<Certificate['copies'][number]>): Changes =>
  certificate({ copies: copiesOf(sound).map((copy, i) => (i === index ? { ...copy, ...change } : copy)) })
const copiesOf = ({ certificate: { bytes } }: Case): Certificate['copies'] =>
  readDocument('certificate', bytes).copies
const drop = (type: Draft['type']): Changes => ({
  events: (all) => all.filter((draft) => draft.type !== type),
})
const amend = (type: Draft['type'], body: object, by?: keyof People): Changes => ({
  events: (all) =>
    all.map((d) => (d.type === type ? { ...d, body: { ...d.body, ...body }, by: by ?? d.by } : d)),
})
const zeros = '0'.repeat(64)
const key = (who: keyof People): string => people[who].fingerprint

/** Wrong claims, each signed by the right person, in a ledger that is sound in itself. */
const wrong: [string, FindingCode, () => Changes][] = [
  ['the order is another', 'order-differs', () => certificate({ orderSha256: zeros })],
  ['the receipt is another', 'receipt-differs', () => certificate({ receiptSha256: zeros })],
  ['the receipt of the order is another', 'receipt-differs', () => ({ order: { receiptSha256: zeros } })],
  [
    'the order is for another delivery',
    'delivery-differs',
    () => ({ order: { packages: [{ package: 'R2-0001', manifestSha256: zeros }] } }),
  ],
  [
    'another contract',
    'contract-differs',
    () => certificate({ contract: { reference: 'OTHER', sha256: zeros } }),
  ],
  ['another operation', 'contract-differs', () => certificate({ operation: 'R2' })],
  [
    'a contract that was never pinned',
    'event-missing',
    () => certificate({ contract: { reference: 'TEST-1', sha256: zeros } }),
  ],
  ['the client refused', 'consent-missing', () => ({ receipt: { decision: 'refused' } })],
  [
    'no consent to destruction',
    'consent-missing',
    () => ({ receipt: { consent: { destruction: false, accepts: [] } } }),
  ],
  [
    'the receipt quotes a wrong salt',
    'salt-differs',
    () => {
      const [known] = readDocument('receipt', sound.receipt.bytes).packages
      return { receipt: { packages: [{ ...known!, salts: { 'index/records-01.jsonl.zst.pgp': zeros } }] } }
    },
  ],
  [
    'the receipt quotes no salt',
    'salt-differs',
    () => {
      const [known] = readDocument('receipt', sound.receipt.bytes).packages
      return { receipt: { packages: [{ ...known!, salts: {} }] } }
    },
  ],
  [
    'a checkpoint of another ledger',
    'checkpoint-differs',
    () => certificate({ ledger: { sequence: 10, sha256: zeros } }),
  ],
  [
    'a checkpoint beyond the ledger',
    'checkpoint-differs',
    () => certificate({ ledger: { sequence: 99, sha256: zeros } }),
  ],
  [
    'the order pins another ledger',
    'checkpoint-differs',
    () => ({ order: { ledger: { sequence: 1, sha256: zeros } } }),
  ],
  ['nothing was delivered', 'event-missing', () => drop('delivered')],
  ['nothing was acknowledged', 'event-missing', () => drop('acknowledged')],
  ['the order was never recorded', 'event-missing', () => drop('order-written')],
  ['nobody was seen to sign the order', 'event-missing', () => drop('order-signed')],
  [
    'acknowledged only after the destruction',
    'event-missing',
    () => ({
      events: (all) => [
        ...all.filter(({ type }) => type !== 'acknowledged'),
        ...all.filter(({ type }) => type === 'acknowledged'),
      ],
    }),
  ],
  [
    'destroyed after the order had expired',
    'order-expired',
    () => ({ order: { expiresAt: '2024-11-22T12:01:00Z' } }),
  ],
  [
    'the executor authorised',
    'persons-not-distinct',
    () => certificate({ authorisers: [key('first'), key('executor')] }),
  ],
  ['one authoriser alone', 'persons-not-distinct', () => certificate({ authorisers: [key('first')] })],
  ['the executor verified', 'persons-not-distinct', () => certificate({ executor: key('verifier') })],
  ['the executor probed', 'persons-not-distinct', () => amend('copy-probed', {}, 'executor')],
  ['another executor', 'persons-differ', () => certificate({ executor: key('client') })],
  ['another verifier than signed', 'persons-differ', () => certificate({ verifier: key('client') })],
  [
    'an authoriser who never signed',
    'persons-differ',
    () => certificate({ authorisers: [key('first'), key('client')] }),
  ],
  ['one signature on the order', 'quorum-missing', () => ({ signers: { order: ['first'] } })],
  ['a copy left out', 'copies-differ', () => certificate({ copies: copiesOf(sound).slice(0, 1) })],
  [
    'a copy that nobody ordered to destroy',
    'copies-differ',
    () => certificate({ copies: [...copiesOf(sound), { ...copiesOf(sound)[1]!, name: 'more' }] }),
  ],
  ['a copy of another system', 'copies-differ', () => changeCopy(0, { fingerprint: 'ffff-ffff-ffff' })],
  ['never destroyed', 'outcome-differs', () => drop('destruction-finished')],
  ['the destruction failed', 'outcome-differs', () => amend('destruction-finished', { result: 'failed' })],
  ['never probed', 'outcome-differs', () => drop('copy-probed')],
  ['never seen before', 'outcome-differs', () => drop('copy-seen')],
  [
    'another system seen before',
    'outcome-differs',
    () => amend('copy-seen', { fingerprint: 'ffff-ffff-ffff' }),
  ],
  ['seen before by the executor only', 'outcome-differs', () => amend('copy-seen', {}, 'executor')],
  ['seen still present', 'outcome-differs', () => amend('copy-probed', { state: 'present' })],
  ['could not be checked', 'outcome-differs', () => amend('copy-probed', { state: 'could-not-check' })],
  [
    'another method than was used',
    'outcome-differs',
    () => changeCopy(0, { method: { category: 'purge', technique: 'unlink', limits: ['blocks stay'] } }),
  ],
  ['another count of steps', 'outcome-differs', () => changeCopy(0, { steps: 99 })],
  ['a declaration that nobody made', 'outcome-differs', () => changeCopy(1, { outcome: 'declared' })],
  ['a deferred copy called gone', 'outcome-differs', () => changeCopy(1, { outcome: 'observed-absent' })],
  [
    'a deferral to another date',
    'outcome-differs',
    () => changeCopy(1, { deferredUntil: '2030-01-01T00:00:00Z' }),
  ],
  ['final while a copy is deferred', 'status-differs', () => certificate({ status: 'final' })],
]

describe('a certificate whose claims do not hold', () => {
  it.each(wrong)('%s: %s', async (_what, code, changes) => {
    const report = await verify(await playCase(people, changes()))
    expect(report.findings.map((found) => found.code)).toContain(code)
    expect(exitOf(report)).toBe(3)
  })

  it('is told from a ledger that was tampered with', async () => {
    const lines = sound.lines.toSpliced(3, 1)
    expect(await codesOf({ ...sound, lines })).toContain('ledger-chain-broken')
  })

  it('is told when the ledger was cut before the certificate', async () => {
    expect(await codesOf({ ...sound, lines: sound.lines.slice(0, -2) })).toContain('checkpoint-differs')
  })

  it('is warned about when the ledger does not record its issue', async () => {
    const report = await verify({ ...sound, lines: sound.lines.slice(0, -1) })
    expect(report.findings.map(({ code }) => code)).toEqual(['unrecorded'])
    expect(report.verdict).toBe('valid')
  })

  it('finds what is wrong with order and receipt themselves', async () => {
    const facts = factsOf(sound)
    const other = { ...facts, receipt: { ...facts.receipt!, trust: trust('stranger') } }
    expect(await codesOf(sound, other)).toEqual(['signer-unknown'])
    const broken = { ...sound, manifests: [{ name: 'R1-0001', bytes: Buffer.from('{}') }] }
    expect(await codesOf(broken)).toEqual(['document-invalid'])
  })
})

describe('copies with other ends', () => {
  it('accepts kept copies on the word of the host, and says so', async () => {
    const kept = await playCase(people, changeCopy(1, { outcome: 'shared-kept' }))
    const report = await verify(kept)
    expect(report.findings).toEqual([])
    expect(report.notChecked.join()).toContain('why copy tapes is kept')
  })

  it('accepts a declared copy that was declared, and then a final certificate', async () => {
    const declaration: Draft = { type: 'declaration', body: { copy: 'tapes', sha256: zeros }, by: 'executor' }
    const copies = copiesOf(sound).map((copy, i) =>
      i === 1 ? { ...copy, outcome: 'declared' as const } : copy,
    )
    const events = (all: Draft[]): Draft[] => [...all, declaration]
    expect(
      await codesOf(await playCase(people, { events, certificate: { copies, status: 'final' } })),
    ).toEqual([])
  })
})

describe('any signed document', () => {
  const check = (
    name: 'order' | 'receipt',
    ...who: (keyof People)[]
  ): ReturnType<typeof verifySignedDocument> =>
    verifySignedDocument({
      ...sound[name],
      kind: name,
      trust: trust(...who),
      quorum: name === 'order' ? 2 : 1,
    })

  it('is valid with enough distinct signers', async () => {
    const order = await check('order', 'first', 'second')
    expect(order).toMatchObject({ kind: 'order', verdict: 'valid' })
    expect(order.signers).toHaveLength(2)
    expect((await check('receipt', 'client')).verdict).toBe('valid')
  })

  it('does not count one person twice', async () => {
    const [first] = sound.order.signatures
    const twice = { ...sound.order, signatures: [first!, first!] }
    const report = await verifySignedDocument({
      ...twice,
      kind: 'order',
      trust: trust('first', 'second'),
      quorum: 2,
    })
    expect(report.findings).toMatchObject([{ code: 'quorum-missing', expected: '2', got: '1' }])
  })

  it('is of the kind it is said to be', async () => {
    const report = await verifySignedDocument({ ...sound.receipt, kind: 'order', trust: trust('client') })
    expect(report.findings).toMatchObject([{ code: 'document-invalid' }])
    expect(report.document).toBeUndefined()
  })

  it('is never valid without a signature', async () => {
    for (const signers of [trust('client'), { signers: [] }]) {
      const report = await verifySignedDocument({
        ...sound.receipt,
        signatures: [],
        kind: 'receipt',
        trust: signers,
      })
      expect(report.findings).toMatchObject([{ code: 'signature-missing' }])
      expect(exitOf(report)).toBe(3)
    }
  })

  it('is read strictly', async () => {
    const text = Buffer.from(sound.receipt.bytes).toString()
    const bytes = Buffer.from(text.replace('{', '{ '))
    const report = await verifySignedDocument({
      ...sound.receipt,
      bytes,
      kind: 'receipt',
      trust: trust('client'),
    })
    expect(report.findings.map(({ code }) => code)).toEqual(['not-canonical', 'signature-bad'])
  })
})
