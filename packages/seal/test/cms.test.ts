import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateFingerprint, cmsSign, makeSigner, signerExtensions } from '../../../test/services/cms.ts'
import { type Authority, leafExtensions, openssl, revocationList } from '../../../test/services/tsa.ts'
import { havePrograms } from '../../../test/support/programs.ts'
import { type CmsVerdict, type SigningAnchor, verifyCms } from '../src/x509.ts'

const data = Buffer.from('{"schema":"restitute/receipt/v1"}')
const day = 86_400_000
const der = ['-binary', '-outform', 'DER', '-certfile', 'chain.crt']

describe.skipIf(!havePrograms('openssl'))('X.509 signatures', () => {
  let signer: Authority
  let file: (name: string) => Buffer
  const named = { O: 'Restitute tests' }
  beforeAll(() => {
    signer = makeSigner()
    file = (name) => readFileSync(join(signer.folder, name))
  })
  afterAll(() => signer[Symbol.dispose]())
  const pinned = (): SigningAnchor => ({ certificate: file('leaf.crt') })
  const authority = (): SigningAnchor => ({ certificate: file('root.crt'), subject: named })
  const judge = (
    signature: Uint8Array,
    anchors: readonly SigningAnchor[] = [pinned()],
    bytes: Uint8Array = data,
    at?: Date,
  ): Promise<CmsVerdict> => verifyCms({ signature, data: bytes, anchors, ...(at && { at }) })

  it('are good by a pinned certificate, PEM or DER, however openssl writes them', async () => {
    const fingerprint = certificateFingerprint(signer.folder, 'leaf')
    const ways = [
      der,
      ['-outform', 'PEM', '-binary'],
      ['-outform', 'PEM'],
      [...der, '-nocerts'],
      [...der, '-cades'],
      [...der, '-keyid'],
      ['-outform', 'DER', '-md', 'sha512', '-binary'],
    ]
    for (const options of ways)
      expect(await judge(cmsSign(signer.folder, data, options)), options.join(' ')).toMatchObject({
        state: 'good',
        fingerprint,
        name: expect.stringContaining('CN=Test leaf'),
        signedAt: expect.any(Date),
      })
  })

  it('are good below an authority for whom it names, and for nobody else', async () => {
    const signature = cmsSign(signer.folder, data)
    expect(await judge(signature, [authority()])).toMatchObject({ state: 'good' })
    const others = [
      { certificate: file('root.crt') },
      { certificate: file('root.crt'), subject: {} },
      { certificate: file('root.crt'), subject: { O: 'Restitute test' } },
      { certificate: file('root.crt'), subject: { ...named, serialNumber: '1' } },
      { certificate: file('root.crt'), subject: { unheardOf: 'Restitute tests' } },
    ]
    for (const anchor of others) expect(await judge(signature, [anchor])).toMatchObject({ state: 'unknown' })
    expect(await judge(signature, [])).toMatchObject({ state: 'unknown' })
  })

  it('need the certificates between, and take them from the signature', async () => {
    using chained = makeSigner({ intermediate: true })
    const anchor = { certificate: readFileSync(chained.root), subject: named }
    expect(await judge(cmsSign(chained.folder, data), [anchor])).toMatchObject({ state: 'good' })
    expect(
      await judge(cmsSign(chained.folder, data, ['-binary', '-outform', 'DER']), [anchor]),
    ).toMatchObject({
      state: 'unknown',
    })
  })

  it('are refused over other bytes', async () => {
    const signature = cmsSign(signer.folder, data)
    expect(await judge(signature, undefined, Buffer.from(`${data.toString()} `))).toMatchObject({
      state: 'bad',
    })
    expect(await judge(signature, undefined, Buffer.alloc(0))).toMatchObject({ state: 'bad' })
  })

  it('are refused with any byte changed', async () => {
    const signature = cmsSign(signer.folder, data, ['-binary', '-outform', 'DER', '-nocerts'])
    const verdicts: CmsVerdict[] = []
    for (let at = 0; at < signature.length; at += 3) {
      const changed = Buffer.from(signature)
      changed[at] = (changed[at] ?? 0) ^ 1
      verdicts.push(await judge(changed))
    }
    // Some bytes say what no signature covers (versions, the digests announced): they change nothing that counts.
    const states = new Set(verdicts.map(({ state }) => state))
    expect([...states].filter((state) => !['bad', 'malformed', 'weak', 'good'].includes(state))).toEqual([])
    const good = verdicts.filter((verdict) => verdict.state === 'good')
    expect(good.length).toBeLessThan(verdicts.length / 10)
    expect(new Set(good.map(({ name }) => name)).size).toBeLessThanOrEqual(1)
    expect(await judge(signature.subarray(0, -1))).toMatchObject({ state: 'malformed' })
    expect(await judge(Buffer.concat([signature, Buffer.of(0)]))).toMatchObject({ state: 'malformed' })
  })

  it('are refused by another certificate, also one of the same name', async () => {
    using other = makeSigner()
    const signature = cmsSign(other.folder, data)
    expect(await judge(signature)).toMatchObject({ state: 'unknown' })
    expect(await judge(signature, [authority()])).toMatchObject({ state: 'unknown' })
    // The right certificate laid into somebody else's signature.
    const disguised = cmsSign(other.folder, data, [
      ...der.slice(0, 3),
      '-nocerts',
      '-certfile',
      join(signer.folder, 'leaf.crt'),
    ])
    expect((await judge(disguised)).state).not.toBe('good')
  })

  it('are refused where the content is inside, signed twice, or no data', async () => {
    const attached = cmsSign(signer.folder, data, [...der, '-nodetach'])
    const twice = cmsSign(signer.folder, data, [
      ...der.slice(0, 3),
      '-signer',
      'root.crt',
      '-inkey',
      'root.key',
    ])
    const typed = cmsSign(signer.folder, data, [...der, '-econtent_type', '1.2.3.4'])
    const bare = cmsSign(signer.folder, data, [...der, '-noattr'])
    const mime = cmsSign(signer.folder, data, ['-binary'])
    const pem = cmsSign(signer.folder, data)
    for (const signature of [attached, twice, typed, bare, mime, Buffer.concat([pem, pem]), Buffer.alloc(0)])
      expect(await judge(signature)).toMatchObject({ state: 'malformed' })
  })

  it.each([
    ['for time stamps', leafExtensions],
    ['for servers', [...signerExtensions.slice(0, 2), 'extendedKeyUsage=serverAuth']],
    ['for encryption', ['basicConstraints=critical,CA:FALSE', 'keyUsage=critical,keyEncipherment']],
    ['an authority', ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,digitalSignature,keyCertSign']],
    ['of unknown critical conditions', [...signerExtensions, '1.2.3.4=critical,ASN1:NULL']],
  ])('are refused by a certificate %s', async (_, extensions) => {
    using other = makeSigner({ extensions })
    const signature = cmsSign(other.folder, data)
    const certificate = readFileSync(join(other.folder, 'leaf.crt'))
    expect(await judge(signature, [{ certificate }])).toMatchObject({ state: 'unfit' })
    expect(await judge(signature, [{ certificate: readFileSync(other.root), subject: named }])).toMatchObject(
      {
        state: 'unfit',
      },
    )
  })

  it('are refused by keys and hashes below the policy', async () => {
    using weak = makeSigner({ key: 'rsa' })
    const certificate = readFileSync(join(weak.folder, 'leaf.crt'))
    expect(await judge(cmsSign(weak.folder, data), [{ certificate }])).toMatchObject({
      state: 'unfit',
      why: expect.stringContaining('3072'),
    })
    expect(await judge(cmsSign(signer.folder, data, [...der, '-md', 'sha1']))).toMatchObject({
      state: 'weak',
    })
  })

  it('are judged at the moment given, whatever today is', async () => {
    const at = (days: number): Date => new Date(Date.now() + days * day)
    const signature = cmsSign(signer.folder, data)
    expect(await judge(signature, undefined, data, at(-100))).toMatchObject({ state: 'good' })
    expect(await judge(signature, undefined, data, at(-300))).toMatchObject({ state: 'outside-life' })
    expect(await judge(signature, undefined, data, at(2))).toMatchObject({ state: 'outside-life' })
    using expired = makeSigner({ until: at(-1), rootUntil: at(1) })
    const certificate = readFileSync(join(expired.folder, 'leaf.crt'))
    expect(await judge(cmsSign(expired.folder, data), [{ certificate }], data, at(-2))).toMatchObject({
      state: 'outside-life',
    })
  })

  it('are refused once the authority says that the certificate was revoked before, or stolen', async () => {
    const signature = cmsSign(signer.folder, data)
    const listed = (crl: Uint8Array): Promise<CmsVerdict> => judge(signature, [{ ...authority(), crl }])
    expect(await listed(revocationList(signer.folder, {}))).toMatchObject({
      state: 'good',
      listedAt: expect.any(Date),
    })
    const before = { at: new Date(Date.now() - day), reason: 'superseded' }
    expect(await listed(revocationList(signer.folder, before))).toMatchObject({ state: 'revoked' })
    const stolen = { at: new Date(Date.now() + day), reason: 'keyCompromise' }
    expect(await listed(revocationList(signer.folder, stolen))).toMatchObject({ state: 'revoked' })
  })

  it('are good by RSA of 3072 bits, PSS as well', async () => {
    using authorityOnly = makeSigner()
    const { folder } = authorityOnly
    openssl(
      folder,
      'req',
      '-x509',
      '-newkey',
      'rsa:3072',
      '-nodes',
      '-keyout',
      'leaf.key',
      '-out',
      'leaf.crt',
      ...['-days', '3', '-subj', '/CN=RSA', '-addext', 'basicConstraints=critical,CA:FALSE'],
    )
    const anchor = { certificate: readFileSync(join(folder, 'leaf.crt')) }
    const at = new Date(Date.now() + 60_000)
    for (const options of [der, [...der, '-keyopt', 'rsa_padding_mode:pss']])
      expect(await judge(cmsSign(folder, data, options), [anchor], data, at)).toMatchObject({ state: 'good' })
  })
})
