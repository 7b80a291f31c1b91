import { documentBytes, type Manifest, type Receipt, readDocument, sha256Hex } from '@restitute/manifest'
import { beforeAll, describe, expect, it } from 'vitest'
import { verifyManifest } from '../src/index.ts'
import { type Case, manifest, newPeople, type People, playCase, signed } from './support/case.ts'
import { factsOf, judged, signers } from './support/judged.ts'

/* What was destroyed against what the packages of the delivery say that they hold, which may be gone by then. */

let people: People
let sound: Case
beforeAll(async () => {
  people = await newPeople()
  sound = await playCase(people)
})

const [records] = manifest.sources
const withRecord = (change: Partial<Manifest['sources'][number]>): Partial<Manifest> => ({
  sources: manifest.sources.map((one, i) => (i === 0 ? { ...one, ...change } : one)),
})

/** What is found when the delivery is of packages with these manifests. */
async function found(
  changes: Partial<Manifest> | readonly Partial<Manifest>[],
  consent?: Receipt['consent'],
): Promise<string[]> {
  const manifests = [changes].flat().map((change) => {
    const document = { ...manifest, ...change }
    return { name: document.package, bytes: documentBytes('manifest', document) }
  })
  const packages = manifests.map(({ name, bytes }) => ({ package: name, manifestSha256: sha256Hex(bytes) }))
  const [receipt] = readDocument('receipt', sound.receipt.bytes).packages
  const received = packages.map((one) => ({ ...receipt!, ...one }))
  const played = await playCase(people, {
    order: { packages },
    receipt: { packages: received, ...(consent === undefined ? {} : { consent }) },
    certificate: { packages },
    events: (all) => all.map((d) => (d.type === 'delivered' ? { ...d, body: { ...d.body, packages } } : d)),
  })
  const facts = { ...factsOf(people, played), manifests }
  const all = (await judged(people, played, facts)).found
  // The order pins the events as they were before.
  return all.filter((one) => one !== 'checkpoint-differs order')
}

describe('a source that was destroyed', () => {
  it('lies in the delivery', async () => {
    expect(await found({})).toEqual([])
    expect(await found(withRecord({ name: 'images' }))).toEqual(['delivery-differs records'])
  })

  it('is the system that was read for it', async () => {
    const other = withRecord({ fingerprint: 'ffff-ffff-ffff' })
    expect(await found(other)).toEqual(['delivery-differs records'])
    const next = { package: 'R1-0002', sequence: 2 }
    expect(await found([{}, { ...next, ...other }])).toEqual(['delivery-differs records'])
    // A server that took the place of another, under a new scope, was read anew and whole.
    expect(await found([other, next])).toEqual([])
  })

  it('lacks nothing that the client has not agreed to lose', async () => {
    const one = { items: 1, bytes: 0 }
    const totals = { ...records!.totals, inventoried: one, exported: { items: 0, bytes: 0 }, lost: one }
    const lossy = withRecord({ totals, reasons: { unreadable: 1 } })
    expect(await found(lossy)).toEqual(['consent-missing records'])
    const loss = {
      source: 'records',
      commitment: 'c'.repeat(64),
      state: 'lost',
      reason: 'unreadable',
    } as const
    expect(await found(lossy, { destruction: true, accepts: [loss] })).toEqual([])
    const other = { ...loss, source: 'images' }
    expect(await found(lossy, { destruction: true, accepts: [other] })).toEqual(['consent-missing records'])
  })

  it('was exported under a contract that was signed, and pinned in this ledger', async () => {
    expect(await found({ contractPinned: false })).toEqual(['contract-differs R1-0001'])
    const contract = { ...manifest.contract, sha256: 'd'.repeat(64) }
    expect(await found({ contract })).toEqual(['event-missing contract-pinned'])
  })
})

it('is not borne out by a manifest that contradicts itself, though its package is gone', async () => {
  const judge = async (change: Partial<Manifest>): Promise<string[]> => {
    const file = await signed('manifest', { ...manifest, ...change }, people, ['executor'])
    const { findings } = await verifyManifest({ ...file, trust: signers(people, 'executor') })
    return findings.map(({ code, subject }) => `${code} ${subject}`)
  }
  const sound = await judge({})
  const lost = { ...records!.totals, lost: { items: 1, bytes: 0 } }
  expect(await judge(withRecord({ totals: lost }))).toEqual(
    expect.arrayContaining([...sound, 'totals-differ records']),
  )
  expect(await judge({ package: 'R1-0002' })).toContain('manifest-inconsistent R1-0002')
})
