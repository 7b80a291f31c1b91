import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeSigner } from '../../../test/services/cms.ts'
import { type Authority, startTsa, type Tsa } from '../../../test/services/tsa.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { cmsSignAt } from '../../seal/test/cms-support.ts'
import { stampOf } from '../../seal/test/timestamp-support.ts'
import { judgeX509 } from '../src/judge-x509.ts'

const data = Buffer.from('{"schema":"restitute/receipt/v1"}')
const minutes = (n: number): Date => new Date(Date.now() + n * 60_000)

describe.skipIf(!havePrograms('openssl'))('the time that an X.509 signature claims', () => {
  let signer: Authority
  let tsa: Tsa
  beforeAll(async () => {
    signer = makeSigner()
    tsa = await startTsa()
  })
  afterAll(async () => {
    signer[Symbol.dispose]()
    await tsa[Symbol.asyncDispose]()
  })

  it.each([
    ['an hour after its stamp is said to be false', 60, ['signing-time-false']],
    ['some minutes off says nothing', 3, []],
  ])('%s', async (_, off, found) => {
    const bytes = await cmsSignAt(signer.folder, data, minutes(off))
    const file = { name: 'receipt.json.p7s', bytes, stamp: await stampOf(tsa, bytes) }
    const certificate = readFileSync(join(signer.folder, 'leaf.crt'))
    const trust = { signers: [], authorities: [tsa.rootBytes], x509: [{ certificate }] }
    const { signers, findings } = await judgeX509(data, [file], trust)
    expect(signers).toHaveLength(1)
    expect(findings.map(({ code }) => code)).toEqual(found)
  })

  it('of before its certificate expired counts no more where it was stamped after that', async () => {
    using expired = makeSigner({ until: minutes(-24 * 60) })
    const bytes = await cmsSignAt(expired.folder, data, minutes(-10 * 24 * 60))
    const certificate = readFileSync(join(expired.folder, 'leaf.crt'))
    const trust = { signers: [], authorities: [tsa.rootBytes], x509: [{ certificate }] }
    const judged = async (stamp?: Uint8Array) => {
      const file = { name: 'receipt.json.p7s', bytes, ...(stamp && { stamp }) }
      const { signers, findings } = await judgeX509(data, [file], trust)
      return [signers.length, findings.map(({ code }) => code)]
    }
    expect(await judged()).toEqual([1, ['key-expired-since']])
    expect(await judged(await stampOf(tsa, bytes))).toEqual([0, ['signer-outside-life']])
  })
})
