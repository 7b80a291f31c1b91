import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as openpgp from 'openpgp'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type PrivateKey, readPublicKey, signDetached, verifyDetached } from '../src/index.ts'
import { startGpg } from './gpg.ts'
import { hasSamples, later, made, newKey, sample } from './helpers.ts'

// gpg makes RSA keys, slowly where the machine is busy.
vi.setConfig({ testTimeout: 30_000 })

const gpg = startGpg()
afterAll(() => gpg[Symbol.dispose]())

const data = Buffer.from('{"schema":"restitute/manifest/v1"}')
let ana: PrivateKey
beforeAll(async () => {
  ana = await newKey('Ana')
})

const statesOf = async (content: Uint8Array, signature: Uint8Array): Promise<string[]> =>
  (await verifyDetached(content, signature, [ana.publicKey])).map(({ state }) => state)

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

/** A signature that the library's own functions would not make. */
async function oddSignature(type: openpgp.enums.signature, at: Date): Promise<Uint8Array> {
  const packet = new openpgp.SignaturePacket()
  packet.signatureType = type
  packet.hashAlgorithm = openpgp.enums.hash.sha512
  packet.publicKeyAlgorithm = openpgp.enums.publicKey.eddsaLegacy
  const literal = (await openpgp.createMessage({ binary: data })).packets[0]
  const raw = packet as unknown as { sign(...args: unknown[]): Promise<void> }
  await raw.sign(ana.openpgp.keyPacket, literal, at, true, openpgp.config)
  const list = new openpgp.PacketList<openpgp.SignaturePacket>()
  list.push(packet)
  return list.write()
}

describe('signing', () => {
  it('makes signatures that gpg holds valid, with SHA-512 and the given time', async () => {
    const { armored, binary } = await signDetached(data, ana, later)
    gpg.must(['--import'], ana.publicKey.armored)
    for (const signature of [armored, binary]) {
      const file = join(gpg.home, 'signature')
      writeFileSync(file, signature)
      const { status } = gpg.run(['--verify', file, '-'], data)
      const seconds = later.getTime() / 1000
      const fingerprint = ana.fingerprint.toUpperCase()
      expect(status).toContain(`VALIDSIG ${fingerprint} 2026-11-02 ${seconds} 0 4 0 22 10 00 ${fingerprint}`)
    }
    expect(gpg.run(['--verify', join(gpg.home, 'signature'), '-'], 'other').status).toContain('BADSIG')
  })

  it('refuses to sign when the key is not valid at that time', async () => {
    const brief = await newKey('Brief', 3600)
    const early = new Date(made.getTime() - 1000)
    for (const at of [early, later]) {
      await expect(signDetached(data, brief, at)).rejects.toMatchObject({ code: 'key-unfit' })
    }
  })
})

describe('verifying', () => {
  it('names signer and time of a good signature, armored or binary', async () => {
    const { armored, binary } = await signDetached(data, ana, later)
    const good = [
      { state: 'good', fingerprint: ana.fingerprint, keyId: ana.fingerprint.slice(-16), signedAt: later },
    ]
    expect(await verifyDetached(data, Buffer.from(armored), [ana.publicKey], later)).toEqual(good)
    expect(await verifyDetached(data, binary, [ana.publicKey], later)).toEqual(good)
  })

  it.each([
    ['rsa3072', 'rsa3072'],
    ['nistp256', 'nistp256'],
    ['ed25519', 'cv25519'],
  ])('accepts what gpg signs with %s', async (primary, subkey) => {
    const fingerprint = gpg.makeKey(`signer-${primary}@example.org`, primary, subkey)
    const key = await readPublicKey(gpg.must(['--export', fingerprint]))
    const signature = gpg.must(['--armor', '--detach-sign', '-u', fingerprint], data)
    expect(await verifyDetached(data, signature, [key])).toMatchObject([{ state: 'good', fingerprint }])
    expect(await verifyDetached(Buffer.from('other'), signature, [key])).toMatchObject([{ state: 'bad' }])
  })

  it('names the primary key when a signing subkey signed', async () => {
    const fingerprint = gpg.makeKey('sub@example.org', 'ed25519')
    gpg.must(['--quick-add-key', fingerprint, 'ed25519', 'sign', '0'])
    const key = await readPublicKey(gpg.must(['--export', fingerprint]))
    const [verdict] = await verifyDetached(data, gpg.must(['--detach-sign', '-u', fingerprint], data), [key])
    expect(verdict).toMatchObject({ state: 'good', fingerprint })
    expect(verdict?.keyId).not.toBe(fingerprint.slice(-16))
  })

  it('finds nothing good in an empty, cut or senseless signature', async () => {
    const { binary, armored } = await signDetached(data, ana, later)
    const senseless = [binary.subarray(0, 40), Buffer.from('no armor'), Buffer.from(armored.slice(0, 90))]
    expect(await verifyDetached(data, new Uint8Array(), [ana.publicKey])).toEqual([])
    for (const bytes of senseless) {
      expect(await verifyDetached(data, bytes, [ana.publicKey])).toEqual([{ state: 'bad', keyId: '' }])
    }
  })

  it('is good for no content and no signature value of which one bit is changed', async () => {
    const { binary } = await signDetached(data, ana, later)
    const states: string[] = []
    for (let i = 0; i < data.length; i++) {
      states.push(...(await statesOf(flipped(data, i), binary)))
    }
    for (let i = binary.length - 30; i < binary.length; i++) {
      states.push(...(await statesOf(data, flipped(binary, i))))
    }
    expect(states).toHaveLength(data.length + 30)
    expect(new Set(states)).toEqual(new Set(['bad']))
  })

  it('says unknown-key, with the key id, for a signer who was not given', async () => {
    const { binary } = await signDetached(data, ana, later)
    const other = (await newKey('Other')).publicKey
    const verdict = { state: 'unknown-key', keyId: ana.fingerprint.slice(-16), signedAt: later }
    expect(await verifyDetached(data, binary, [other])).toEqual([verdict])
    expect(await verifyDetached(data, binary, [])).toEqual([verdict])
  })

  it('judges every signature of a file, also in a second armored block', async () => {
    const [a, b] = [await signDetached(data, ana, later), await signDetached(Buffer.from('x'), ana, later)]
    expect(await statesOf(data, Buffer.concat([a.binary, b.binary]))).toEqual(['good', 'bad'])
    expect(await statesOf(data, Buffer.from(a.armored + b.armored))).toEqual(['good', 'bad'])
  })

  it('refuses a file with more signatures than anybody needs', async () => {
    const { binary } = await signDetached(data, ana, later)
    const many = Buffer.concat(Array.from({ length: 17 }, () => binary))
    await expect(verifyDetached(data, many, [])).rejects.toMatchObject({ code: 'hostile-input' })
    await expect(verifyDetached(data, Buffer.alloc(300_000), [])).rejects.toMatchObject({
      code: 'hostile-input',
    })
  })
})

describe('weak signatures', () => {
  it.each([[['--digest-algo', 'SHA1']], [['--digest-algo', 'SHA224']], [['--textmode']]])(
    'are not good: gpg %j',
    async (options) => {
      const fingerprint = gpg.makeKey(`weak${options.join('')}@example.org`, 'rsa3072')
      const key = await readPublicKey(gpg.must(['--export', fingerprint]))
      const signature = gpg.must([...options, '--detach-sign', '-u', fingerprint], data)
      expect(await verifyDetached(data, signature, [key])).toMatchObject([{ state: 'weak', fingerprint }])
    },
  )

  it.each([['rsa2048'], ['secp256k1'], ['brainpoolP256r1']])('are those by %s', async (algorithm) => {
    const fingerprint = gpg.makeKey(`weak-${algorithm}@example.org`, algorithm)
    const key = await readPublicKey(gpg.must(['--export', fingerprint]))
    const signature = gpg.must(['--detach-sign', '-u', fingerprint], data)
    expect(await verifyDetached(data, signature, [key])).toMatchObject([{ state: 'weak', fingerprint }])
  })

  it('does not take for good a signature that signs nothing', async () => {
    const { binary, standalone } = openpgp.enums.signature
    expect(await statesOf(data, await oddSignature(binary, later))).toEqual(['good'])
    expect(await statesOf(data, await oddSignature(standalone, later))).toEqual(['bad'])
  })
})

describe("a key's life", () => {
  const day = 86_400_000
  const reformat = async (seconds: number, date: Date): Promise<openpgp.PublicKey> => {
    const options = { privateKey: ana.openpgp, userIDs: { name: 'Ana' }, format: 'object', date } as const
    return (await openpgp.reformatKey({ ...options, keyExpirationTime: seconds })).publicKey
  }

  it('keeps a signature good after the key has expired, and says so', async () => {
    const brief = await newKey('Brief', 7200)
    const at = new Date(made.getTime() + 3_600_000)
    const expiry = new Date(made.getTime() + 7_200_000)
    const { binary } = await signDetached(data, brief, at)
    const verify = (now: Date) => verifyDetached(data, binary, [brief.publicKey], now)
    expect((await verify(at))[0]).not.toHaveProperty('keyExpiredSince')
    expect(await verify(later)).toMatchObject([{ state: 'good', signedAt: at, keyExpiredSince: expiry }])
  })

  it('refuses a signature made after the key had expired or before it existed', async () => {
    const { binary } = await signDetached(data, ana, new Date(made.getTime() + 2 * day))
    const expired = await readPublicKey((await reformat(day / 1000, made)).write())
    expect(await verifyDetached(data, binary, [expired])).toMatchObject([{ state: 'outside-key-life' }])
    const early = await oddSignature(openpgp.enums.signature.binary, new Date(made.getTime() - day))
    expect(await statesOf(data, early)).toEqual(['outside-key-life'])
  })

  it('takes a key whose old self-signatures were cleaned away by its present ones', async () => {
    const { binary } = await signDetached(data, ana, later)
    const renewed = await readPublicKey((await reformat(0, new Date(later.getTime() + day))).write())
    expect(await verifyDetached(data, binary, [renewed])).toMatchObject([{ state: 'good' }])
  })

  it('takes back all signatures of a key revoked as compromised, and later ones of a retired key', async () => {
    const { keyCompromised, keyRetired } = openpgp.enums.reasonForRevocation
    const { binary } = await signDetached(data, ana, later)
    const revokedWith = async (flag: openpgp.enums.reasonForRevocation, date: Date): Promise<string[]> => {
      const options = { key: ana.openpgp, reasonForRevocation: { flag }, date, format: 'object' } as const
      const key = await readPublicKey((await openpgp.revokeKey(options)).publicKey.write())
      return (await verifyDetached(data, binary, [key])).map(({ state }) => state)
    }
    const [before, after] = [new Date(later.getTime() - 3600_000), new Date(later.getTime() + 3600_000)]
    expect(await revokedWith(keyCompromised, after)).toEqual(['outside-key-life'])
    expect(await revokedWith(keyRetired, before)).toEqual(['outside-key-life'])
    expect(await revokedWith(keyRetired, after)).toEqual(['good'])
  })
})

describe('third-party samples', () => {
  it.skipIf(!hasSamples)('gives a verdict for each signature, none of them good by accident', async () => {
    const key = await readPublicKey(sample('keys/ecc-25519-pub.asc'))
    const files = ['sig.malf', 'signed.malfsig', 'signed.v5-rsa', 'signed-sm2']
    for (const file of files) {
      const verdicts = await verifyDetached(data, sample(`test_messages/message.txt.${file}`), [key])
      expect(
        verdicts.every(({ state }) => state !== 'good'),
        file,
      ).toBe(true)
    }
  })
})
