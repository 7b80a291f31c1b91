import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isoTime } from '@restitute/core'
import { generateKey, readPrivateKey, signDetached } from '@restitute/seal'
import { requestTimestamp, verifyTimestamp } from '@restitute/seal/x509'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTsa, type Tsa } from '../../../test/services/tsa.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import {
  assertKeysNamed,
  floorsOf,
  openDossier,
  pinContract,
  readContract,
  unnamedKeys,
} from '../src/index.ts'
import { append, beginIn, c, letter, receiptFile, statement, take } from './record-support.ts'
import { contractText, day, errorOf, newDossier, people, removeFolders, sha256, sign, t0 } from './support.ts'

const withAuthority = (url: string, { fingerprint }: Pick<Tsa, 'fingerprint'>): string =>
  `${contractText}timestamp: { url: ${JSON.stringify(url)}, certificate: keys/tsa.pem, fingerprint: "${fingerprint}" }\n`

describe.skipIf(!havePrograms('openssl'))('a contract that names a time-stamping authority', () => {
  let tsa: Tsa
  beforeAll(async () => {
    tsa = await startTsa()
  })
  afterAll(async () => {
    await tsa[Symbol.asyncDispose]()
    await removeFolders()
  })

  const folder = async (url = tsa.url): Promise<string> => {
    const dir = await newDossier(withAuthority(url, tsa))
    await writeFile(join(dir, 'keys/tsa.pem'), tsa.rootBytes)
    return dir
  }
  const stampsIn = async (dir: string): Promise<string[]> =>
    (await readdir(join(dir, 'documents'))).filter((name) => name.endsWith('.tsr')).sort()
  const delivered = async (): Promise<void> => {
    await append('exported', day(1))
    await append('delivered', day(2))
  }
  beforeEach(async () => beginIn(await folder()))

  it('is pinned with the bytes of the certificate and with stamps on its signatures', async () => {
    const { host, 'client-1': client } = await people()
    const contract = `contract-${c.dossier.terms.sha256}.yaml`
    const names = [host, client].map(({ fingerprint }) => `${contract}.${fingerprint}.asc.tsr`)
    expect(await stampsIn(c.dir)).toEqual(names.sort())
    const [first = ''] = names
    const token = await readFile(join(c.dir, 'documents', first))
    const data = await readFile(join(c.dir, 'documents', first.replace('.tsr', '')))
    expect(await verifyTimestamp({ token, data, roots: [tsa.rootBytes] })).toMatchObject({ state: 'good' })
    await rm(join(c.dir, 'keys/tsa.pem'))
    expect((await openDossier(c.dir)).terms.authority).toEqual({
      url: tsa.url,
      certificate: new Uint8Array(tsa.rootBytes),
      fingerprint: tsa.fingerprint,
    })
    await rm(join(c.dir, `documents/authority-${sha256(tsa.rootBytes)}.pem`))
    expect(await errorOf(() => openDossier(c.dir))).toMatchObject({ code: 'invalid' })
  })

  it('is no contract without the certificate, or with another address', async () => {
    const bare = await newDossier(withAuthority(tsa.url, tsa))
    const missing = await errorOf(() => readContract(bare))
    expect([missing.code, missing.message]).toEqual(['contract-invalid', expect.stringContaining('tsa.pem')])
    await writeFile(join(bare, 'keys/tsa.pem'), 'no certificate')
    expect((await errorOf(() => readContract(bare))).message).toContain('X.509')
    const odd = await folder('ftp://tsa.example')
    expect((await errorOf(() => readContract(odd))).message).toContain('time-stamping authority')
  })

  it('does not leave it to whoever holds the folder whose clock counts', async () => {
    const file = join(c.dir, 'contract.yaml')
    await using other = await startTsa()
    await writeFile(join(c.dir, 'keys/tsa.pem'), other.rootBytes)
    // Both have signed the text, which is the same.
    const exchanged = await errorOf(async () =>
      pinContract({ dir: c.dir, key: (await people()).operator, at: day(1) }),
    )
    expect([exchanged.code, exchanged.message]).toEqual([
      'contract-invalid',
      expect.stringContaining(
        `/timestamp/certificate: the file holds another certificate: expected ${tsa.fingerprint}, got ${other.fingerprint}`,
      ),
    ])
    await writeFile(join(c.dir, 'keys/tsa.pem'), Buffer.concat([tsa.rootBytes, other.rootBytes]))
    expect((await errorOf(() => readContract(c.dir))).message).toContain('exactly one certificate, got 2')

    await writeFile(join(c.dir, 'keys/tsa.pem'), tsa.rootBytes)
    const bare = (await readFile(file, 'utf8')).replace(/, fingerprint: "[0-9a-f]{64}"/, '')
    await writeFile(file, bare)
    const terms = await readContract(c.dir)
    expect(unnamedKeys(terms)).toEqual([{ pointer: '/timestamp', line: `fingerprint: "${tsa.fingerprint}"` }])
    expect(() => assertKeysNamed(terms)).toThrow('/timestamp: write fingerprint: "')
  })

  it('has the receipt stamped when it is recorded, and floors count from there', async () => {
    await delivered()
    const before = isoTime(new Date())
    const { body } = await take('receipt', await receiptFile({}), day(3))
    const stampedAt = body['stampedAt'] as string
    expect(stampedAt >= before && stampedAt <= isoTime(new Date())).toBe(true)
    const { terms, ledger } = await openDossier(c.dir)
    const retrieval = (now: Date) =>
      floorsOf(terms, ledger.events(), 'R1', now).find((f) => f.name === 'retrieval')
    expect(retrieval(day(40))).toMatchObject({ clock: 'time-stamped', from: stampedAt, elapsed: false })
    expect(retrieval(new Date(Date.parse(stampedAt) + 12 * 86_400_000))).toMatchObject({ elapsed: true })
  })

  it('has a notice stamped, and the period counts from there', async () => {
    const { body } = await take('notice', await letter(['operator']), day(4))
    const { terms, ledger } = await openDossier(c.dir)
    const floors = floorsOf(terms, ledger.events(), 'R1', day(40))
    expect(floors.find(({ name }) => name === 'notice')).toMatchObject({
      clock: 'time-stamped',
      from: body['stampedAt'],
      elapsed: false,
    })
  })

  it('keeps the stamp that a document brings', async () => {
    await delivered()
    const file = await receiptFile({})
    const [name = ''] = (await readdir(join(file, '..'))).filter((one) => one.endsWith('.asc'))
    const data = await readFile(join(file, '..', name))
    const stamp = await requestTimestamp({ url: tsa.url, data })
    await writeFile(join(file, '..', `${name}.tsr`), stamp)
    await take('receipt', file, day(3))
    const [kept = ''] = (await stampsIn(c.dir)).filter((one) => one.startsWith('receipt'))
    expect(new Uint8Array(await readFile(join(c.dir, 'documents', kept)))).toEqual(stamp)
  })

  it('refuses a document with a stamp of something else', async () => {
    await delivered()
    const file = await receiptFile({})
    const [name = ''] = (await readdir(join(file, '..'))).filter((one) => one.endsWith('.asc'))
    await writeFile(join(file, '..', `${name}.tsr`), 'no stamp')
    expect(await errorOf(() => take('receipt', file, day(3)))).toMatchObject({ code: 'signature-invalid' })
  })

  it.each([
    ['a later time than that of its stamp', 'stampedAt', '2036-01-01T00:00:00Z'],
    ['an earlier one', 'stampedAt', '2026-01-06T00:00:00Z'],
  ])('betrays an event that claims %s', async (_, member, value) => {
    const { body } = await take('notice', await letter(['operator']), day(4))
    const key = (await people()).operator
    const forged = { ...body, [member]: value }
    await c.dossier.ledger.append({ type: 'notice', operation: 'R1', body: forged, key, at: day(5) })
    expect(await errorOf(() => openDossier(c.dir))).toMatchObject({
      code: 'invalid',
      details: { finding: 'event-unsupported' },
    })
  })
})

describe.skipIf(!havePrograms('openssl'))('an authority that cannot be reached', () => {
  afterAll(removeFolders)
  const unreachable = { code: 'timestamp-failed', exit: 4 }

  it('stops what must be stamped, leaves nothing, and never stops a contest', async () => {
    const tsa = await startTsa()
    const dir = await newDossier(withAuthority(tsa.url, tsa))
    await writeFile(join(dir, 'keys/tsa.pem'), tsa.rootBytes)
    await beginIn(dir)
    await append('exported', day(1))
    await append('delivered', day(2))
    await tsa[Symbol.asyncDispose]()
    const [events, files] = [c.dossier.ledger.events().length, await readdir(join(dir, 'documents'))]
    const waiver = await statement({ kind: 'waiver', waives: ['notice'] }, ['client-1'])
    for (const [kind, file] of [
      ['receipt', await receiptFile({})],
      ['waiver', waiver],
      ['notice', await letter(['operator'])],
    ] as const) {
      expect(await errorOf(() => take(kind, file, day(3)))).toMatchObject(unreachable)
    }
    expect([c.dossier.ledger.events().length, await readdir(join(dir, 'documents'))]).toEqual([events, files])
    await take('contest', await letter(), day(3))
    await take('hold', await letter([], 'hold'), day(3))
  })

  it('stops the pinning of the contract', async () => {
    await using tsa = await startTsa()
    const dir = await newDossier(withAuthority('http://127.0.0.1:1/', tsa))
    await writeFile(join(dir, 'keys/tsa.pem'), tsa.rootBytes)
    const contract = join(dir, 'contract.yaml')
    await sign(contract, await readFile(contract), ['host', 'client-1'], t0)
    const key = (await people()).operator
    expect(await errorOf(() => pinContract({ dir, key, at: t0 }))).toMatchObject(unreachable)
    expect((await openDossier(dir)).pinned).toBe(false)
  })

  it('cannot help a signature whose key has expired: nobody could tell later when it was made', async () => {
    await using tsa = await startTsa()
    const dir = await newDossier(withAuthority(tsa.url, tsa))
    await writeFile(join(dir, 'keys/tsa.pem'), tsa.rootBytes)
    const owner = { name: 'Brief', email: 'brief@example.org', at: t0, expiresInSeconds: 5 * 86_400 }
    const brief = await readPrivateKey(Buffer.from((await generateKey(owner)).privateKey))
    await writeFile(join(dir, 'keys/client-1.asc'), brief.publicKey.armored)
    const contract = join(dir, 'contract.yaml')
    const text = await readFile(contract, 'utf8')
    await writeFile(contract, text.replace((await people())['client-1'].fingerprint, brief.fingerprint))
    await sign(contract, await readFile(contract), ['host'], t0)
    const { armored } = await signDetached(await readFile(contract), brief, t0)
    await writeFile(`${contract}.${brief.fingerprint}.asc`, armored)
    const error = await errorOf(async () => pinContract({ dir, key: (await people()).operator, at: t0 }))
    expect([error.code, error.details['state']]).toEqual(['signature-invalid', 'outside-key-life'])
    expect((await openDossier(dir)).pinned).toBe(false)
  })
})
