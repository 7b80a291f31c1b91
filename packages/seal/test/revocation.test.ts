import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { revocationList, startTsa, type Tsa } from '../../../test/services/tsa.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { readTrustFile, stampBy, verifyTimestamp } from '../src/x509.ts'
import { stampOf } from './timestamp-support.ts'

const data = Buffer.from('-----BEGIN PGP SIGNATURE-----\n')
const minutes = (n: number): Date => new Date(Date.now() + n * 60_000)

describe.skipIf(!havePrograms('openssl'))('revocation of the authority of a time stamp', () => {
  let tsa: Tsa
  let token: Uint8Array
  beforeAll(async () => {
    tsa = await startTsa({ from: minutes(-600) })
    token = await stampOf(tsa, data)
  })
  afterAll(async () => tsa[Symbol.asyncDispose]())
  const judge = (...lists: readonly Uint8Array[]) =>
    verifyTimestamp({ token, data, roots: [tsa.rootBytes, ...lists] })

  it('is not known without a list', async () => {
    const verdict = await judge()
    expect(verdict).toMatchObject({ state: 'good' })
    expect(verdict).not.toHaveProperty('listedAt')
  })

  it('is looked up in a list, PEM or DER, which says until when', async () => {
    const list = revocationList(tsa.folder, {})
    const der = execFileSync('openssl', ['crl', '-outform', 'DER'], { input: list })
    for (const bytes of [list, der, Buffer.concat([tsa.rootBytes, list])]) {
      const verdict = await judge(bytes)
      expect(verdict).toMatchObject({ state: 'good', listedAt: expect.any(Date) })
      expect(verdict).not.toHaveProperty('revokedAt')
    }
  })

  it.each([
    ['its key was stolen, whenever that was found', { at: minutes(60), reason: 'keyCompromise' }],
    ['nobody says why', { at: minutes(60) }],
    ['it had been revoked before', { at: minutes(-60), reason: 'superseded' }],
  ])('voids a stamp when %s', async (_, revoked) => {
    const list = revocationList(tsa.folder, revoked)
    expect(await judge(list)).toMatchObject({ state: 'revoked', why: expect.stringContaining('revoked on') })
    const stamp = stampBy({ url: tsa.url, roots: [tsa.rootBytes, list] })
    await expect(stamp(data)).rejects.toMatchObject({ code: 'timestamp-failed' })
  })

  it.each(['superseded', 'cessationOfOperation', 'affiliationChanged'])(
    'leaves earlier stamps good when the reason is %s',
    async (reason) => {
      const at = minutes(60)
      expect(await judge(revocationList(tsa.folder, { at, reason }))).toMatchObject({
        state: 'good',
        revokedAt: new Date(Math.floor(at.getTime() / 1000) * 1000),
      })
    },
  )

  it.each([
    ['of a stolen key stays known', 'keyCompromise', 'revoked'],
    ['for an earlier time stays known', 'superseded', 'revoked'],
    ['that was a hold is lifted', 'certificateHold', 'good'],
  ])(
    '%s once a newer list leaves it out, as it may when the certificate has expired',
    async (_, reason, state) => {
      const older = revocationList(tsa.folder, { at: minutes(-60), reason })
      await new Promise((resolve) => setTimeout(resolve, 1100))
      const newer = revocationList(tsa.folder, {})
      expect(await judge(older, newer)).toMatchObject({ state })
      expect(await judge(newer, older)).toMatchObject({ state })
      expect(await judge(newer)).toMatchObject({ state: 'good' })
    },
  )

  it('is not to be had from a list of somebody else, not even under the same name', async () => {
    await using other = await startTsa()
    const verdict = await judge(revocationList(other.folder, { at: minutes(-60), reason: 'keyCompromise' }))
    expect(verdict).toMatchObject({ state: 'good' })
    expect(verdict).not.toHaveProperty('listedAt')
  })

  it('is not to be had from a list that was changed', async () => {
    const list = execFileSync('openssl', ['crl', '-outform', 'DER'], {
      input: revocationList(tsa.folder, {}),
    })
    const changed = Buffer.from(list)
    const last = changed.length - 1
    changed[last] = (changed[last] ?? 0) ^ 1
    expect(await judge(changed)).not.toHaveProperty('listedAt')
  })

  it('counts as looked up only when every certificate of the chain was', async () => {
    await using chained = await startTsa({ intermediate: true })
    const made = await stampOf(chained, data)
    const lists = (['middle', 'root'] as const).map((issuer) => revocationList(chained.folder, { issuer }))
    const judged = (roots: readonly Uint8Array[]) =>
      verifyTimestamp({ token: made, data, roots: [chained.rootBytes, ...roots] })
    expect(await judged(lists.slice(0, 1))).not.toHaveProperty('listedAt')
    expect(await judged(lists)).toMatchObject({ state: 'good', listedAt: expect.any(Date) })
  })

  it('is read from certificates and lists only', () => {
    const refused = [
      Buffer.from('none'),
      Buffer.from('-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n'),
    ]
    for (const bytes of refused) expect(() => readTrustFile(bytes)).toThrow(/revocation lists/)
  })
})
