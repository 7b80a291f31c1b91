import { afterAll, describe, expect, it } from 'vitest'
import { assertGuards, type DestructionFacts, destructionGuards, guardNames } from '../src/index.ts'
import {
  accepting,
  type Change,
  copy,
  facts,
  loss,
  more,
  order,
  other,
  print,
  ref,
  takenIn,
  terms,
} from './guard-facts.ts'
import { violations } from './guard-violations.ts'
import { day, errorOf, manifest, removeFolders, sha256 } from './support.ts'

afterAll(removeFolders)

describe('destructionGuards', () => {
  it('all hold when everything is as it should be', () => {
    const verdicts = destructionGuards(facts())
    expect(verdicts).toEqual(guardNames.map((guard) => ({ guard, holds: true })))
    expect(() => assertGuards(verdicts)).not.toThrow()
  })

  it.each(violations)('%s alone refuses when %s', async (guard, _, change, reason) => {
    const verdicts = destructionGuards(facts(change()))
    const failing = verdicts.filter(({ holds }) => !holds)
    expect(failing.map((verdict) => verdict.guard)).toEqual([guard])
    expect(failing[0]?.reason).toMatch(reason)
    const error = await errorOf(() => assertGuards(verdicts))
    expect([error.code, error.exit, error.details['guard'], error.details['guards']]).toEqual([
      'guard-refused',
      6,
      guard,
      [guard],
    ])
    expect(error.hint).toBeTruthy()
  })

  it('names what ends an incident', async () => {
    const incident = { sha256: sha256('i'), signers: [], nature: 'wrong-tenant' }
    const verdicts = destructionGuards(facts(more([day(6), 'incident', incident])))
    const { message, hint } = await errorOf(() => assertGuards(verdicts))
    expect([message, hint]).toEqual([
      expect.stringContaining('incident of event 10'),
      expect.stringContaining('incident-closed'),
    ])
  })

  it('has a violation for every guard', () => {
    expect(new Set(violations.map(([guard]) => guard))).toEqual(new Set(guardNames))
  })

  it('refuses by every guard that has nothing to hold on to', async () => {
    const nothing: DestructionFacts = {
      now: day(40),
      operation: 'R1',
      executor: print('stranger'),
      contract: terms,
      contractFileSha256: terms.sha256,
      events: [],
      nested: [],
      packages: [],
      losses: [],
      copies: [copy({ observedFingerprint: undefined, differences: undefined })],
    }
    const error = await errorOf(() => assertGuards(destructionGuards(nothing)))
    expect(error.details['guard']).toBe('contract-pinned')
    expect(error.details['guards']).toEqual(guardNames.filter((guard) => guard !== 'no-contest'))
  })

  it('refuses an order for another delivery by both guards that bind it', () => {
    const failing = destructionGuards(facts({ order: { packages: [other] } })).filter(({ holds }) => !holds)
    expect(failing.map(({ guard }) => guard)).toEqual(['delivery-valid', 'authorised'])
  })

  it.each<[string, () => Change]>([
    [
      'a loss that the consent lists',
      () => ({ losses: [loss], receipt: { consent: { destruction: true, accepts: [loss] } } }),
    ],
    [
      'a receipt by X.509 where the contract accepts it',
      () => ({
        contract: accepting({ accepted: ['x509'] }),
        form: 'x509',
        receiptSigners: ['client-2'],
        steps: takenIn('x509', 'operator'),
      }),
    ],
    [
      'a receipt signed by hand where the contract accepts it and its consent',
      () => ({
        contract: accepting({ accepted: ['openpgp', 'handwritten'], 'handwritten-consent': true }),
        form: 'handwritten',
        receiptSigners: [],
        steps: takenIn('handwritten'),
      }),
    ],
    [
      'a single key that the client waived',
      () => ({
        recipients: ['a'],
        ...more([day(6), 'waiver', { sha256: sha256('w'), waives: ['single-key'], signers: [] }]),
      }),
    ],
    [
      'a notice that the client waived',
      () => ({
        steps: {
          notice: [],
          more: [[day(6), 'waiver', { sha256: sha256('w'), waives: ['notice'], signers: [] }]],
        },
      }),
    ],
    [
      'a contest that was closed',
      () =>
        more(
          [day(6), 'contest', { sha256: sha256('c'), signers: [] }],
          [day(7), 'contest-closed', { of: 10, sha256: sha256('d'), signers: [] }],
        ),
    ],
    [
      'the same delivery on a second medium',
      () => more([day(38), 'delivered', { packages: [ref], place: 'disk', channel: 'medium' }]),
    ],
    [
      'a copy of ours that no content can be compared of',
      () => ({
        copies: [
          copy(),
          copy({ name: 'vault/R1-0001', kind: 'package', differences: undefined, probeable: false }),
        ],
        order: {
          copies: [
            ...order().copies,
            { name: 'vault/R1-0001', kind: 'package', instance: 'S', fingerprint: 'aaaa-bbbb-cccc' },
          ],
        },
      }),
    ],
    [
      'an authoriser who also verifies the copy afterwards',
      () => ({ orderSigners: ['authoriser-2', 'authoriser-1', 'verifier'] }),
    ],
  ])('allow %s', (_, change) => {
    expect(destructionGuards(facts(change())).filter(({ holds }) => !holds)).toEqual([])
  })

  it('does not take an earlier receipt for the answer to a later delivery', () => {
    const second = facts(
      more(
        [day(6), 'exported', { ...other, sequence: 2, incomplete: false }],
        [day(7), 'delivered', { packages: [other], place: 'x', channel: 'directory' }],
      ),
    )
    const packages = [
      ...second.packages,
      {
        ref: other,
        verdict: 'valid' as const,
        manifest: { ...manifest(terms.sha256, ['a', 'b']), package: 'R1-0002' },
      },
    ]
    const failing = destructionGuards({ ...second, packages }).filter(({ holds }) => !holds)
    expect(failing.map(({ guard }) => guard)).toContain('receipt')
    expect(failing.find(({ guard }) => guard === 'receipt')?.reason).toContain('since the last delivery')
  })
})
