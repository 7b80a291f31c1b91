import {
  type Certificate,
  type CertifiedCopy,
  type Contract,
  type PinnedTerms,
  readDocument,
} from '@restitute/manifest'
import { beforeAll, describe, expect, it } from 'vitest'
import { newPeople, type People, playCase } from './support/case.ts'
import { factsOf, foundWhen, judged } from './support/judged.ts'

/* A certificate names the parties, the places and the amounts that were agreed and counted, not others. */

let people: People
let claims: Certificate
beforeAll(async () => {
  people = await newPeople()
  claims = readDocument('certificate', (await playCase(people)).certificate.bytes)
})

/** The contract of the case, as far as a certificate repeats it. */
function terms(change: Partial<Contract> = {}): PinnedTerms {
  const contract: Contract = {
    ...{ restitute: 1, reference: 'TEST-1', language: 'en', profile: 'hds-2.0', persons: [] },
    parties: { host: { name: 'Host', key: 'host.asc' }, client: { name: 'Client', keys: ['client.asc'] } },
    instances: [{ code: 'PRIM', country: 'FR', sources: [] }],
    destinations: [],
    deadlines: { rules: [] },
    approval: { authorisers: 2 },
    ...change,
  }
  const [host, clients] = [people.executor.fingerprint, [people.client.fingerprint]]
  return { contract, sha256: claims.contract.sha256, host, clients, persons: new Map() }
}

async function found(certificate: Partial<Certificate>, contract?: Partial<Contract>): Promise<string[]> {
  const played = await playCase(people, { certificate })
  return (await judged(people, played, { ...factsOf(people, played), terms: terms(contract) })).found
}

const first = (change: Partial<CertifiedCopy>): CertifiedCopy[] =>
  claims.copies.map((one, i) => (i === 0 ? { ...one, ...change } : one))

describe('a certificate beside its contract', () => {
  it('repeats what that says', async () => {
    expect(await found({})).toEqual([])
  })

  it('names no other client and no other host', async () => {
    expect(await found({ client: { ...claims.client, name: 'Another hospital' } })).toEqual([
      'contract-differs client',
    ])
    expect(await found({ client: { ...claims.client, fingerprints: [people.first.fingerprint] } })).toEqual([
      'contract-differs client',
    ])
    expect(await found({ host: { ...claims.host, siren: '123456789' } })).toEqual(['contract-differs host'])
  })

  it('is no demonstration that passes for the real thing', async () => {
    expect(await found({}, { demonstration: true })).toEqual(['contract-differs demonstration'])
  })

  it('moves no copy into another country', async () => {
    expect(await found({ copies: first({ country: 'US' }) })).toEqual(['contract-differs country of records'])
  })
})

it('counts what there was as the client did', async () => {
  const differs = ['receipt-differs records']
  expect(await foundWhen(people, { certificate: { copies: first({ items: 7 }) } })).toEqual(differs)
  expect(await foundWhen(people, { certificate: { copies: first({ bytes: 7 }) } })).toEqual(differs)
})
