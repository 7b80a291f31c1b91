import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Manifest, readDocument } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import type { Copy } from '../src/copies.ts'
import { folderFingerprint } from '../src/fingerprints.ts'
import { type OrderRequest, writeOrder } from '../src/order.ts'
import { temporaryFolder } from './support/folders.ts'

const digest = 'ab'.repeat(32)
const staging = { instance: 'STAGING', country: 'ZZ' }
const copies: readonly Copy[] = [
  { name: 'records', kind: 'source', instance: 'PRIM', country: 'FR' },
  {
    name: 'vault/R1-0001',
    kind: 'package',
    ...staging,
    package: { package: 'R1-0001', manifestSha256: digest },
  },
  { name: 'nightly', kind: 'backup', instance: 'PRIM', country: 'FR', heldBy: 'Bravo', rotation: 'P35D' },
]

function exported(...fingerprints: string[]): OrderRequest['packages'] {
  return fingerprints.map((fingerprint, i) => {
    const manifest = { package: `R1-000${i + 1}`, sources: [{ name: 'records', fingerprint }] }
    return { manifest: manifest as unknown as Manifest, sha256: digest }
  })
}

function request(changes: Partial<OrderRequest> = {}): OrderRequest {
  const terms = { contract: { reference: 'CHU-2026-014' }, sha256: digest } as OrderRequest['terms']
  return {
    terms,
    operation: 'R1',
    packages: exported('3f2a-9c1b-77de'),
    receiptSha256: digest,
    copies,
    at: new Date('2026-02-01T10:00:00Z'),
    expiresAt: new Date('2026-02-15T10:00:00Z'),
    ledger: { sequence: 9, sha256: digest },
    ...changes,
  }
}

describe('writeOrder', () => {
  it('binds delivery, receipt and each copy, and dates what is left to rotation', async () => {
    const { bytes } = await writeOrder(request())
    const order = readDocument('order', bytes)
    expect(order).toMatchObject({
      expiresAt: '2026-02-15T10:00:00Z',
      packages: [{ package: 'R1-0001', manifestSha256: digest }],
      receiptSha256: digest,
      ledger: { sequence: 9, sha256: digest },
    })
    expect(order.copies).toEqual([
      { name: 'records', kind: 'source', instance: 'PRIM', fingerprint: '3f2a-9c1b-77de' },
      { name: 'vault/R1-0001', kind: 'package', instance: 'STAGING', fingerprint: 'abab-abab-abab' },
      {
        name: 'nightly',
        kind: 'backup',
        instance: 'PRIM',
        heldBy: 'Bravo',
        deferredUntil: '2026-03-08T10:00:00Z',
      },
    ])
  })

  it('binds the work folder as it is now', async () => {
    const work = join(temporaryFolder(), 'work')
    const copy: Copy = { name: 'work', kind: 'work', ...staging, url: work }
    await expect(writeOrder(request({ copies: [copy] }))).rejects.toMatchObject({ code: 'not-found' })
    mkdirSync(work)
    const { order } = await writeOrder(request({ copies: [copy] }))
    expect(order.copies[0]?.fingerprint).toBe(await folderFingerprint(work))
  })

  it('refuses a source that was not exported, or that was two systems', async () => {
    for (const packages of [exported(), exported('3f2a-9c1b-77de', '0000-0000-0000')]) {
      await expect(writeOrder(request({ packages }))).rejects.toMatchObject({
        code: 'guard-refused',
        details: { guard: 'delivery-valid' },
      })
    }
  })

  it('refuses an order that is born expired, or empty', async () => {
    const late = new Date('2026-02-01T10:00:00Z')
    await expect(writeOrder(request({ expiresAt: late }))).rejects.toMatchObject({ code: 'usage' })
    await expect(writeOrder(request({ copies: [] }))).rejects.toMatchObject({ code: 'usage' })
  })
})
