import type { JsonObject } from '@restitute/core'
import { type CertifiedCopy, type KeptPart, readDocument } from '@restitute/manifest'
import { beforeAll, describe, expect, it } from 'vitest'
import { type FindingCode, verifyCertificate } from '../src/index.ts'
import { type Case, knownKeys, newPeople, type People, playCase } from './support/case.ts'
import { streamed } from './support/package.ts'

let people: People
let copies: readonly CertifiedCopy[]
beforeAll(async () => {
  people = await newPeople()
  const { certificate } = await playCase(people)
  copies = readDocument('certificate', certificate.bytes).copies
})

async function codesOf(played: Case): Promise<FindingCode[]> {
  const signers = (...who: (keyof People)[]) => ({ signers: who.map((name) => people[name].publicKey) })
  const facts = {
    order: { ...played.order, trust: signers('first', 'second') },
    receipt: { ...played.receipt, trust: signers('client') },
    ledger: { lines: streamed(played.lines), keys: knownKeys(people) },
  }
  const report = await verifyCertificate({ ...played.certificate, trust: signers('verifier'), facts })
  return report.findings.map(({ code }) => code)
}

/** A probe that saw this, and a certificate that claims that. */
async function probed(saw: JsonObject, claim: Partial<CertifiedCopy>): Promise<FindingCode[]> {
  const [first, ...rest] = copies
  const certified = rest.toSpliced(0, 0, { ...first!, ...claim })
  const played = await playCase(people, {
    events: (all) => all.map((d) => (d.type === 'copy-probed' ? { ...d, body: { ...d.body, ...saw } } : d)),
    certificate: { copies: certified },
  })
  return codesOf(played)
}

const retained: KeptPart = { reason: 'legally-retained', count: 2, until: '2029-01-01T00:00:00Z' }
const seen = { state: 'present', kept: [{ ...retained }] }
const said = (kept: readonly KeptPart[]): Partial<CertifiedCopy> => ({
  outcome: kept.some(({ reason }) => reason === 'legally-retained') ? 'legally-retained' : 'shared-kept',
  probe: { ...copies[0]!.probe!, state: 'present', kept },
})

describe('a copy that is still there', () => {
  it('may be left when the probe saw that all of it has to stay', async () => {
    expect(await probed(seen, said([retained]))).toEqual([])
    const shared: KeptPart = { reason: 'shared', count: 1 }
    expect(await probed({ state: 'present', kept: [{ ...shared }] }, said([shared]))).toEqual([])
  })

  it('may not be called retained when the probe did not see that', async () => {
    expect(await probed({ state: 'present' }, said([retained]))).toContain('outcome-differs')
    expect(await probed({ state: 'present', kept: [] }, said([retained]))).toContain('outcome-differs')
  })

  it('may not be called retained until another date, or destroyed', async () => {
    const longer = { ...retained, until: '2031-01-01T00:00:00Z' }
    expect(await probed(seen, said([longer]))).toContain('outcome-differs')
    expect(await probed(seen, {})).toContain('outcome-differs')
  })

  it('may not have locks lifted that the order leaves', async () => {
    expect(await probed(seen, { ...said([retained]), bypassGovernance: true })).toContain('outcome-differs')
  })
})
