import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { directoryDestination } from '@restitute/archive'
import type { PrivateKey } from '@restitute/seal'
import { requestTimestamp } from '@restitute/seal/x509'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startTsa, type Tsa } from '../../../test/services/tsa.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { exitOf, type Report, verifyPackage } from '../src/index.ts'
import { newPerson, noon } from './support/keys.ts'
import { makePackage } from './support/package.ts'
import { codes, expectFound, newWorld } from './support/world.ts'

const day = 86_400
const world = newWorld()

describe.skipIf(!havePrograms('openssl'))('a package whose signature is time-stamped', () => {
  let tsa: Tsa
  beforeAll(async () => {
    tsa = await startTsa()
  })
  afterAll(async () => tsa[Symbol.asyncDispose]())

  const stamp = async (folder: string, of?: Uint8Array): Promise<void> => {
    const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.asc'))
    const path = join(folder, name)
    const data = of ?? (await readFile(path))
    await writeFile(`${path}.tsr`, await requestTimestamp({ url: tsa.url, data }))
  }
  const judge = (folder: string, signer: PrivateKey, authorities: readonly Uint8Array[]): Promise<Report> => {
    const destination = directoryDestination(folder)
    return verifyPackage({ destination, trust: { signers: [signer.publicKey], authorities } })
  }
  const packageOf = async (signer: PrivateKey, at = noon): Promise<string> => {
    const folder = world.fresh()
    await makePackage(folder, signer, world.client, { at })
    return folder
  }

  it('rests on the clock of the authority', async () => {
    const folder = await packageOf(world.host)
    await stamp(folder)
    const report = await judge(folder, world.host, [tsa.rootBytes])
    expect(exitOf(report)).toBe(0)
    expect(codes(report)).toEqual([])
    const [signer] = report.signers
    expect(signer).toMatchObject({
      fingerprint: world.host.fingerprint,
      authority: expect.stringMatching(/^CN=Test leaf/),
    })
    expect(Math.abs(Date.parse(signer?.signedAt ?? '') - Date.now())).toBeLessThan(day * 1000)
    expect(report.checked.join()).toContain('by the clock of CN=Test leaf')
    expect(report.notChecked.join()).not.toContain('claimed')
  })

  it('rests on the word of the signer when nobody vouches for the authority', async () => {
    const folder = await packageOf(world.host)
    await stamp(folder)
    await using other = await startTsa()
    for (const authorities of [[], [other.rootBytes]]) {
      const report = await judge(folder, world.host, authorities)
      expect(report).toMatchObject({ verdict: 'valid', signers: [{ signedAt: '2024-11-22T12:00:00Z' }] })
      expect(report.findings).toContainEqual(
        expect.objectContaining({ code: 'stamp-untrusted', severity: 'warning' }),
      )
      expect(report.notChecked).toContain('signing times are those claimed by the signers')
    }
  })

  it('is invalid with a stamp of something else, or of no form', async () => {
    const folder = await packageOf(world.host)
    await stamp(folder, Buffer.from('another signature'))
    expectFound(await judge(folder, world.host, [tsa.rootBytes]), 'stamp-invalid')
    const [name = ''] = (await readdir(folder)).filter((file) => file.endsWith('.tsr'))
    await writeFile(join(folder, name), 'no stamp')
    expectFound(await judge(folder, world.host, []), 'stamp-invalid')
  })

  it('is invalid when the key had expired before the stamp, whatever time its signer claims', async () => {
    const brief = await newPerson('brief', 700 * day)
    const folder = await packageOf(brief)
    const before = await judge(folder, brief, [tsa.rootBytes])
    expect(before).toMatchObject({ verdict: 'valid', findings: [{ code: 'key-expired-since' }, {}] })
    await stamp(folder)
    expectFound(await judge(folder, brief, [tsa.rootBytes]), 'signer-outside-life')
  })

  it('stays valid when key and authority have expired since', async () => {
    const lasting = await newPerson('lasting', 5 * 365 * day)
    const folder = await packageOf(lasting)
    await stamp(folder)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5 * 365 * day * 1000 })
    try {
      const report = await judge(folder, lasting, [tsa.rootBytes])
      expect(report.verdict).toBe('valid')
      expect(codes(report)).toEqual(['key-expired-since'])
      expect(report.signers).toMatchObject([{ authority: expect.any(String) }])
    } finally {
      vi.useRealTimers()
    }
  })

  it('shows a signer who claims a later time than that of the stamp', async () => {
    const folder = await packageOf(world.host, new Date(Date.now() + 30 * day * 1000))
    await stamp(folder)
    const report = await judge(folder, world.host, [tsa.rootBytes])
    expect(report.findings).toContainEqual(
      expect.objectContaining({ code: 'signing-time-false', severity: 'warning' }),
    )
  })

  it('holds no stamp without its signature', async () => {
    const folder = await packageOf(world.host)
    await writeFile(join(folder, `manifest.json.${'0'.repeat(40)}.asc.tsr`), 'stray')
    expectFound(await judge(folder, world.host, [tsa.rootBytes]), 'file-unlisted')
  })
})
