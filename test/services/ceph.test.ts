import { describe, expect, it } from 'vitest'
import { haveCeph, startCeph } from './ceph.ts'

describe.runIf(haveCeph())('Ceph for tests', () => {
  it('answers, and comes back on the same port after its gateway was killed', async () => {
    await using ceph = await startCeph()
    expect((await fetch(ceph.endpoint)).ok).toBe(true)
    await ceph.killGateway()
    await expect(fetch(ceph.endpoint)).rejects.toThrow('fetch failed')
    await ceph.startGateway()
    expect((await fetch(ceph.endpoint)).ok).toBe(true)
  })
})
