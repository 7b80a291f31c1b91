import { documentBytes, type Manifest, type Receipt, readDocument, sha256Hex } from '@restitute/manifest'
import { beforeAll, expect, it } from 'vitest'
import { type ManifestBytes, verifyReceipt } from '../src/index.ts'
import { manifest, newPeople, type People, playCase } from './support/case.ts'

/* A receipt against the packages of the delivery that it speaks of. */

let people: People
let sound: Receipt
beforeAll(async () => {
  people = await newPeople()
  sound = readDocument('receipt', (await playCase(people)).receipt.bytes)
})

const index = 'index/records-01.jsonl.zst.pgp'
const saltOf = (pair: string): string => pair.repeat(32)
const packageOf = (change: Partial<Manifest> = {}): ManifestBytes => ({
  name: change.package ?? manifest.package,
  bytes: documentBytes('manifest', { ...manifest, ...change }),
})
/** Another package of the delivery, whose index has another salt. */
const second = (): ManifestBytes => {
  const saltSha256 = sha256Hex(Buffer.from(saltOf('cd'), 'hex'))
  const indexes = manifest.indexes.map((one) => ({ ...one, saltSha256 }))
  return packageOf({ package: 'R1-0002', sequence: 2, indexes })
}
const named = ({ name, bytes }: ManifestBytes, salt?: string): Receipt['packages'][number] => ({
  package: name,
  manifestSha256: sha256Hex(bytes),
  salts: salt === undefined ? {} : { [index]: salt },
})

/** What is found in a receipt, signed by the client, beside these manifests. */
async function judged(change: Partial<Receipt>, manifests: readonly ManifestBytes[]) {
  const { receipt } = await playCase(people, { receipt: { ...sound, ...change } })
  const report = await verifyReceipt({ ...receipt, trust: { signers: [people.client.publicKey] }, manifests })
  return { ...report, found: report.findings.map(({ code, subject }) => `${code} ${subject}`) }
}

it('is valid beside each package that it names, with the salt of each', async () => {
  const packages = [named(packageOf(), saltOf('ab')), named(second(), saltOf('cd'))]
  const { found, verdict, checked, notChecked } = await judged({ packages }, [packageOf(), second()])
  expect(found).toEqual([])
  expect(verdict).toBe('valid')
  expect(checked).toContain('the delivery: digests and salts')
  expect(notChecked.join()).not.toContain('was not given')
})

it('says which package was not given', async () => {
  const packages = [named(packageOf(), saltOf('ab')), named(second(), saltOf('ef'))]
  const { found, notChecked } = await judged({ packages }, [packageOf()])
  expect(found).toEqual([])
  expect(notChecked).toContain('package R1-0002 was not given: its digest and salts are not checked')
  expect(notChecked.join()).not.toContain('R1-0001')
  expect((await judged({}, [])).checked).not.toContain('the delivery: digests and salts')
})

it.each<[string, Partial<Manifest>, readonly string[]]>([
  ['of the same name', { createdAt: '2024-11-22T12:00:01Z' }, ['delivery-differs R1-0001']],
  [
    'of another contract',
    { contract: { ...manifest.contract, reference: 'TEST-2' } },
    ['delivery-differs R1-0001', 'contract-differs R1-0001'],
  ],
  [
    'of another operation',
    { operation: 'R2', package: 'R2-0001' },
    ['delivery-differs R2-0001', 'contract-differs R2-0001'],
  ],
])('is of another delivery than a package %s', async (_what, change, expected) => {
  const { found, verdict } = await judged({}, [packageOf(change)])
  expect(found).toEqual(expected)
  expect(verdict).toBe('invalid')
})

it('quotes the salt of each index, unless it refuses what could not be decrypted', async () => {
  const wrong = [named(packageOf(), saltOf('cd'))]
  const none = [named(packageOf())]
  const salt = `salt-differs R1-0001/${index}`
  expect((await judged({ packages: wrong }, [packageOf()])).found).toEqual([salt])
  expect((await judged({ packages: none }, [packageOf()])).found).toEqual([salt])
  const refused = { decision: 'refused', consent: { destruction: false, accepts: [] } } as const
  expect((await judged({ ...refused, packages: none }, [packageOf()])).found).toEqual([])
  expect((await judged({ ...refused, packages: wrong }, [packageOf()])).found).toEqual([salt])
})

it('is not judged where it, or a package, cannot be read', async () => {
  const broken = await judged({}, [{ name: 'R1-0001', bytes: Buffer.from('{}') }])
  expect(broken.found).toEqual(['document-invalid R1-0001'])
  expect(broken.verdict).toBe('invalid')
  const { receipt } = await playCase(people)
  const trust = { signers: [people.client.publicKey] }
  const report = await verifyReceipt({
    ...receipt,
    bytes: Buffer.from('{}'),
    trust,
    manifests: [packageOf()],
  })
  expect(report.findings.map(({ code }) => code)).toEqual(['document-invalid', 'signature-bad'])
})
