import * as openpgp from 'openpgp'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { generateKey, keyProblems, readPrivateKey, readPublicKey } from '../src/index.ts'
import { startGpg } from './gpg.ts'
import { hasSamples, later, made, newKey, sample } from './helpers.ts'

// gpg makes RSA keys, slowly where the machine is busy.
vi.setConfig({ testTimeout: 30_000 })

const gpg = startGpg()
afterAll(() => gpg[Symbol.dispose]())

const soon = (): Date => new Date(Date.now() + 60_000)

describe('a generated key', () => {
  const request = { name: 'Ana Martin', email: 'a.martin@example.org', at: made, passphrase: 'correct horse' }

  it('is fit to sign and to encrypt from the moment it is made', async () => {
    const { publicKey, fingerprint } = await generateKey(request)
    const key = await readPublicKey(Buffer.from(publicKey))
    expect(key).toMatchObject({
      fingerprint,
      userId: 'Ana Martin <a.martin@example.org>',
      created: made,
      expires: null,
    })
    expect(await keyProblems(key, 'encrypt', made)).toEqual([])
    expect(await keyProblems(key, 'sign', made)).toEqual([])
  })

  it('works in gpg 2.2 with its secret key and passphrase', async () => {
    const { privateKey, fingerprint } = await generateKey(request)
    gpg.must(['--import'], privateKey)
    const sign = ['--detach-sign', '-u', fingerprint]
    expect(gpg.run([...sign, '--passphrase', 'wrong'], 'x').exit).not.toBe(0)
    expect(gpg.run([...sign, '--passphrase', 'correct horse'], 'x').status).toContain('SIG_CREATED D 22')
    const sealed = gpg.must(['-e', '-r', fingerprint], 'secret')
    expect(gpg.must(['-d', '--passphrase', 'correct horse'], sealed).toString()).toBe('secret')
  })

  it('does not advertise what gpg 2.2 cannot read', async () => {
    const { publicKey } = await generateKey(request)
    const listed = gpg.must(['--list-packets'], publicKey).toString()
    expect(listed).toContain('algo 22')
    expect(listed).toContain('algo 18')
    expect(listed).not.toMatch(/algo (25|26|27|28)/)
    expect(listed).toContain('hashed subpkt 30 len 1 (features: 01)')
  })

  it('ends when its revocation certificate is published', async () => {
    const { publicKey, revocation: revocationCertificate } = await generateKey(request)
    const key = await openpgp.readKey({ armoredKey: publicKey })
    const revoked = await openpgp.revokeKey({ key, revocationCertificate })
    const read = await readPublicKey(Buffer.from(revoked.publicKey))
    expect(await keyProblems(read, 'encrypt', later)).toEqual(['The key is revoked.'])
  })

  it('refuses a name or address that would not read back', async () => {
    const wrong = [{ name: 'A <b@c.example>' }, { name: ' ' }, { name: 'a\nb' }, { email: 'nobody' }]
    for (const part of wrong) {
      await expect(generateKey({ ...request, ...part })).rejects.toMatchObject({ code: 'usage' })
    }
  })
})

describe('reading keys', () => {
  it('reads armored and binary, and says when the key expires', async () => {
    const { publicKey } = await newKey('Ana', 86_400)
    const binary = await readPublicKey(publicKey.openpgp.write())
    const armored = await readPublicKey(Buffer.from(publicKey.armored))
    expect(binary).toMatchObject({ fingerprint: publicKey.fingerprint, expires: later })
    expect(armored).toMatchObject({ fingerprint: publicKey.fingerprint, expires: later })
  })

  it('refuses a private key where a public one belongs, and the reverse', async () => {
    const ana = await newKey('Ana')
    await expect(readPublicKey(Buffer.from(ana.openpgp.armor()))).rejects.toMatchObject({ code: 'key-unfit' })
    const armored = Buffer.from(ana.publicKey.armored)
    await expect(readPrivateKey(armored)).rejects.toMatchObject({ code: 'key-missing' })
  })

  it('refuses two keys in one file, in one block or in two', async () => {
    const [a, b] = [(await newKey('Ana')).publicKey, (await newKey('Bob')).publicKey]
    const blocks = Buffer.from(a.armored + b.armored)
    const binary = Buffer.concat([a.openpgp.write(), b.openpgp.write()])
    await expect(readPublicKey(blocks)).rejects.toThrow('expected one key in the file, got 2')
    await expect(readPublicKey(binary)).rejects.toThrow('expected one key in the file, got 2')
  })

  it('says that there is no key, or none that can be read', async () => {
    const empty = ['', 'hello', '-----BEGIN PGP SIGNATURE-----']
    for (const text of empty) {
      await expect(readPublicKey(Buffer.from(text))).rejects.toMatchObject({ code: 'key-missing' })
    }
    const damaged = [Buffer.from([0xc6, 0xff]), Buffer.from('-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA')]
    for (const bytes of damaged) {
      await expect(readPublicKey(bytes)).rejects.toMatchObject({ code: 'key-unfit' })
    }
  })

  it('asks for a passphrase only when the key is locked', async () => {
    const { privateKey } = await generateKey({ name: 'A', email: 'a@b.example', at: made, passphrase: 'p' })
    const bytes = Buffer.from(privateKey)
    await expect(readPrivateKey(bytes)).rejects.toMatchObject({ code: 'passphrase-wrong' })
    await expect(readPrivateKey(bytes, async () => 'q')).rejects.toMatchObject({ code: 'passphrase-wrong' })
    expect((await readPrivateKey(bytes, async () => 'p')).openpgp.isDecrypted()).toBe(true)
    const never = async (): Promise<string> => Promise.reject(new Error('asked'))
    const open = Buffer.from((await newKey('Open')).openpgp.armor())
    expect((await readPrivateKey(open, never)).publicKey.userId).toBe('Open <open@example.org>')
  })

  it('keeps control characters of a user id away from the terminal', async () => {
    const options = { type: 'ecc', curve: 'nistP256', format: 'armored', date: made } as const
    const { publicKey } = await openpgp.generateKey({ ...options, userIDs: { name: 'A\u001b[31mB' } })
    expect((await readPublicKey(Buffer.from(publicKey))).userId).toBe('A[31mB')
  })
})

describe('the policy', () => {
  const fit = [
    ['rsa3072', 'rsa3072'],
    ['nistp256', 'nistp256'],
    ['nistp384', 'nistp384'],
    ['ed25519', 'cv25519'],
  ]
  it.each(fit)('accepts keys of gpg: %s with %s', async (primary, subkey) => {
    const fingerprint = gpg.makeKey(`fit-${primary}@example.org`, primary ?? '', subkey)
    const key = await readPublicKey(gpg.must(['--export', fingerprint]))
    expect(await keyProblems(key, 'encrypt', soon())).toEqual([])
    expect(await keyProblems(key, 'sign', soon())).toEqual([])
  })

  const unfit: [string, string, string, RegExp][] = [
    ['rsa2048', 'rsa2048', '', /^The primary key is RSA with 2048 bits; at least 3072 are required\.$/],
    [
      'rsa3072',
      'rsa2048',
      '',
      /^The subkey [0-9a-f]{16} is RSA with 2048 bits; at least 3072 are required\.$/,
    ],
    ['secp256k1', 'secp256k1', '', /secp256k1, which is not accepted/],
    ['brainpoolP256r1', 'brainpoolP256r1', '', /brainpoolP256r1, which is not accepted/],
    ['ed25519', '', '', /^The key has no valid encryption subkey/],
    ['rsa3072', 'rsa3072', 'SHA1', /^The key is certified by SHA-1 or an older hash only\.$/],
  ]
  it.each(unfit)('refuses keys of gpg: %s with %s %s', async (primary, subkey, hash, reason) => {
    const options = hash === '' ? [] : ['--cert-digest-algo', hash]
    const user = `unfit-${primary}-${subkey}-${hash}@example.org`
    const fingerprint = gpg.makeKey(user, primary, subkey, options)
    const key = await readPublicKey(gpg.must(['--export', fingerprint]))
    expect(await keyProblems(key, 'encrypt', soon())).toEqual([expect.stringMatching(reason)])
  })

  it('refuses the newer algorithm numbers and versions that gpg 2.2 cannot use', async () => {
    const options = { userIDs: { name: 'New' }, date: made, format: 'binary' } as const
    const newer = await openpgp.generateKey({ ...options, type: 'curve25519' })
    const v6 = await openpgp.generateKey({
      ...options,
      type: 'ecc',
      curve: 'nistP256',
      config: { v6Keys: true },
    })
    expect(await keyProblems(await readPublicKey(newer.publicKey), 'encrypt', later)).toEqual([
      'The primary key uses ed25519 (algorithm 27), which GnuPG 2.2 cannot use.',
    ])
    expect(await keyProblems(await readPublicKey(v6.publicKey), 'sign', later)).toEqual([
      'The key is of version 6; GnuPG 2.2 can use version 4 only.',
    ])
  })

  it('accepts a version 4 key that also advertises SEIPDv2', async () => {
    const options = { userIDs: { name: 'Both' }, date: made, format: 'binary' } as const
    const config = { aeadProtect: true }
    const both = await openpgp.generateKey({ ...options, type: 'ecc', curve: 'nistP256', config })
    expect(await keyProblems(await readPublicKey(both.publicKey), 'encrypt', later)).toEqual([])
  })

  it('judges a key at the moment asked for', async () => {
    const { publicKey } = await newKey('Ana', 86_400)
    const before = new Date(made.getTime() - 1000)
    const last = new Date(later.getTime() - 1000)
    expect(await keyProblems(publicKey, 'sign', before)).toEqual([
      'The key was created only on 2026-11-01T00:00:00.000Z.',
    ])
    expect(await keyProblems(publicKey, 'sign', last)).toEqual([])
    expect(await keyProblems(publicKey, 'sign', later)).toEqual([
      'The key expired on 2026-11-02T00:00:00.000Z.',
    ])
  })

  it.skipIf(!hasSamples)('refuses third-party keys: DSA, revoked, revoked by another key', async () => {
    const refused = {
      'keys/dsa-eg-pub.asc': /dsa, which is too weak/,
      'keys/ecc-p256-revoked-key.asc': /^The key is revoked\.$/,
      'keys/ecc-p256-revoked-sub.asc': /no valid encryption subkey/,
      'keys/ecc-p256-desigrevoked-2-revs.pgp': /designated revoker/,
    }
    for (const [path, reason] of Object.entries(refused)) {
      const problems = await keyProblems(await readPublicKey(sample(path)), 'encrypt', later)
      expect(problems.join(' '), path).toMatch(reason)
    }
    expect(await keyProblems(await readPublicKey(sample('keys/ecc-p256-pub.asc')), 'encrypt', later)).toEqual(
      [],
    )
  })
})
