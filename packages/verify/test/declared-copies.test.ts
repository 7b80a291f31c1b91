import { type CertifiedCopy, readDocument } from '@restitute/manifest'
import { expect, it } from 'vitest'
import { verifyCertificate } from '../src/index.ts'
import { type Draft, knownKeys, newPeople, playCase } from './support/case.ts'
import { streamed } from './support/package.ts'

const medium = { name: 'medium/WX-1', kind: 'medium', instance: 'STAGING' } as const
const declared: Draft = { type: 'declaration', body: { copy: medium.name }, by: 'executor' }
const kept: Draft = { type: 'custody', body: { copy: medium.name }, by: 'executor' }
const handedOver = (medium: string): Draft => ({
  type: 'delivered',
  body: { packages: [], channel: 'medium', medium },
  by: 'executor',
})

/** What is found in a final certificate that says this of the medium, after these events. */
async function findings(outcome: CertifiedCopy['outcome'], ...events: readonly Draft[]): Promise<string[]> {
  const people = await newPeople()
  const sound = await playCase(people)
  const [ordered] = readDocument('order', sound.order.bytes).copies
  const [records] = readDocument('certificate', sound.certificate.bytes).copies
  if (ordered === undefined || records === undefined) throw new Error('a case without a source')
  const form = outcome === 'client-custody' ? 'v2' : 'v1'
  const copies = [records, { ...medium, country: 'ZZ', outcome }]
  const played = await playCase(people, {
    order: { copies: [ordered, medium] },
    events: (all) => [...all, ...events],
    certificate: { copies, status: 'final', schema: `restitute/certificate/${form}` },
  })
  const ledger = { lines: streamed(played.lines), keys: knownKeys(people) }
  const trust = { signers: Object.values(people).map(({ publicKey }) => publicKey) }
  const [order, receipt] = [
    { ...played.order, trust },
    { ...played.receipt, trust },
  ]
  const facts = { order, receipt, ledger, manifests: played.manifests }
  const report = await verifyCertificate({ ...played.certificate, trust, facts })
  return report.findings.map(({ code }) => code)
}

it('a declaration counts only while nothing has shown the copy there since', async () => {
  expect(await findings('declared', handedOver('WX-1'), declared)).toEqual([])
  expect(await findings('declared', declared, handedOver('WX-1'))).toEqual(['outcome-differs'])
  expect(
    await findings('declared', declared, handedOver('WX-2'), { ...declared, body: { copy: 'medium/WX-2' } }),
  ).toEqual([])
})

it('a medium is kept on the word of the client alone, until something is handed over on it again', async () => {
  expect(await findings('client-custody', handedOver('WX-1'), kept)).toEqual([])
  expect(await findings('client-custody', handedOver('WX-1'), declared)).toEqual(['outcome-differs'])
  expect(await findings('declared', handedOver('WX-1'), kept)).toEqual(['outcome-differs'])
  expect(await findings('client-custody', kept, handedOver('WX-1'))).toEqual(['outcome-differs'])
})
