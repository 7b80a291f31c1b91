import { randomBytes } from 'node:crypto'
import * as openpgp from 'openpgp'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  decryptBytes,
  decryptStream,
  encryptBytes,
  encryptStream,
  newSessionKey,
  type PrivateKey,
  readPrivateKey,
  readPublicKey,
} from '../src/index.ts'
import { startGpg } from './gpg.ts'
import { collect, hasSamples, newKey, pieces, sample } from './helpers.ts'

// gpg makes RSA keys, slowly where the machine is busy.
vi.setConfig({ testTimeout: 30_000 })

const gpg = startGpg()
afterAll(() => gpg[Symbol.dispose]())

const data = Buffer.alloc(700_001, 'volume content, ')
const zip = ['--compress-algo', 'zip', '-z', '9']
const sessionKey = newSessionKey()
let ana: PrivateKey
let bob: PrivateKey
let volume: Buffer
beforeAll(async () => {
  ana = await newKey('Ana')
  bob = await newKey('Bob')
  volume = await collect(encryptStream(pieces(data), [ana.publicKey, bob.publicKey], sessionKey))
})

const decrypted = (bytes: Uint8Array, ...privateKeys: PrivateKey[]): Promise<Buffer> =>
  collect(decryptStream(pieces(bytes), { privateKeys }))

/** A packet as its writer may make it. */
function packet(tag: number, body: Uint8Array): Buffer {
  const header = Buffer.from([0xc0 | tag, 0xff, 0, 0, 0, 0])
  header.writeUInt32BE(body.length, 2)
  return Buffer.concat([header, body])
}

/** A message with integrity protection around packets that our own functions would not put there. */
async function sealPackets(packets: Uint8Array): Promise<Uint8Array> {
  const outer = new openpgp.SymEncryptedIntegrityProtectedDataPacket()
  Object.assign(outer, { version: 1, packets: { write: () => packets } })
  const raw = outer as unknown as { encrypt(algorithm: number, key: Uint8Array): Promise<void> }
  await raw.encrypt(openpgp.enums.symmetric.aes256, sessionKey.data)
  const list = new openpgp.PacketList<openpgp.AnyPacket>()
  list.push(outer)
  return list.write()
}

describe('encrypting a stream', () => {
  it('opens for every recipient and by its session key', async () => {
    expect((await decrypted(volume, ana)).equals(data)).toBe(true)
    expect((await decrypted(volume, bob)).equals(data)).toBe(true)
    expect((await collect(decryptStream(pieces(volume), { sessionKey }))).equals(data)).toBe(true)
  })

  it.each([[0], [1], [511], [512], [65_536], [262_138], [262_139], [524_282]])(
    'keeps a content of %i bytes',
    async (size) => {
      const content = data.subarray(0, size)
      const sealed = await collect(encryptStream(pieces(content, 100), [ana.publicKey], newSessionKey()))
      expect((await decrypted(sealed, ana)).equals(content)).toBe(true)
    },
  )

  it('is read by gpg, with nothing but the bytes in it', async () => {
    gpg.must(['--import'], ana.openpgp.armor())
    const { out, status } = gpg.run(['-d'], volume)
    expect(out.equals(data)).toBe(true)
    expect(status).toContain('DECRYPTION_OKAY')
    expect(status).toContain('DECRYPTION_INFO 2 9 0')
    const packets = gpg.must(['--list-packets'], volume).toString()
    expect(packets).toContain('mode b (62), created 0, name="",')
    expect(packets).not.toContain('compressed packet')
  })

  it('is read by OpenPGP.js, and reads what that writes, also with a key of 128 bits', async () => {
    const message = await openpgp.readMessage({ binaryMessage: new Uint8Array(volume) })
    const read = await openpgp.decrypt({ message, decryptionKeys: bob.openpgp, format: 'binary' })
    expect(Buffer.from(read.data as Uint8Array).equals(data)).toBe(true)
    for (const algorithm of ['aes128', 'aes256'] as const) {
      const written = await openpgp.encrypt({
        message: await openpgp.createMessage({ binary: data }),
        encryptionKeys: ana.publicKey.openpgp,
        sessionKey: { algorithm, data: randomBytes(Number(algorithm.slice(3)) / 8) },
        format: 'binary',
        config: { aeadProtect: false },
      })
      expect((await decrypted(written as Uint8Array, ana)).equals(data), algorithm).toBe(true)
    }
  })

  it.each([
    ['rsa3072', 'rsa3072'],
    ['nistp256', 'nistp384'],
    ['ed25519', 'cv25519'],
  ])('reaches keys that gpg made: %s with %s', async (primary, subkey) => {
    const fingerprint = gpg.makeKey(`reader-${primary}@example.org`, primary, subkey)
    const key = await readPublicKey(gpg.must(['--export', fingerprint]))
    const sealed = await collect(encryptStream(pieces(data), [key], newSessionKey()))
    expect(gpg.must(['-d'], sealed).equals(data)).toBe(true)
    const secret = await readPrivateKey(gpg.must(['--export-secret-keys', fingerprint]))
    expect((await decrypted(sealed, secret)).equals(data)).toBe(true)
    const back = gpg.must(['-z', '0', '-e', '-r', fingerprint], data)
    expect((await decrypted(back, secret)).equals(data)).toBe(true)
  })

  it('refuses to encrypt to nobody, or to a key below the policy', async () => {
    const { publicKey } = await openpgp.generateKey({
      userIDs: { name: 'New' },
      type: 'curve25519',
      format: 'binary',
    })
    const unfit = await readPublicKey(publicKey)
    await expect(collect(encryptStream(pieces(data), [], sessionKey))).rejects.toMatchObject({
      code: 'key-missing',
    })
    const keys = [ana.publicKey, unfit]
    await expect(collect(encryptStream(pieces(data), keys, sessionKey))).rejects.toMatchObject({
      code: 'key-unfit',
    })
  })

  it('encrypts to a version 4 key that advertises SEIPDv2 in the form that gpg reads', async () => {
    const options = { userIDs: { name: 'Both' }, format: 'binary', config: { aeadProtect: true } } as const
    const both = await openpgp.generateKey({ ...options, type: 'ecc', curve: 'nistP256' })
    const key = await readPublicKey(both.publicKey)
    gpg.must(['--import'], both.privateKey)
    const sealed = await collect(encryptStream(pieces(data), [key], newSessionKey()))
    expect(gpg.must(['-d'], sealed).equals(data)).toBe(true)
    expect(gpg.must(['-d'], await encryptBytes(data, [key])).equals(data)).toBe(true)
  })
})

describe('decrypting a stream', () => {
  it('says key-wrong before anything comes out', async () => {
    const other = await newKey('Other')
    for (const privateKeys of [[other], []]) {
      const stream = decryptStream(pieces(volume), { privateKeys })[Symbol.asyncIterator]()
      await expect(stream.next()).rejects.toMatchObject({
        code: 'key-wrong',
        details: { given: privateKeys.map((key) => key.fingerprint) },
      })
    }
    expect((await decrypted(volume, other, bob)).equals(data)).toBe(true)
  })

  it('finds every flipped bit', async () => {
    const places = [
      200,
      300,
      1000,
      60_000,
      volume.length >> 1,
      volume.length - 30,
      volume.length - 21,
      volume.length - 1,
    ]
    for (const at of places) {
      const flipped = Buffer.from(volume)
      flipped[at] = (flipped[at] ?? 0) ^ 0x10
      const read = collect(decryptStream(pieces(flipped), { sessionKey }))
      await expect(read, `byte ${at}`).rejects.toMatchObject({ code: 'invalid' })
    }
  })

  it('finds every flipped byte after the session keys, in whichever packet it lies', async () => {
    const content = data.subarray(0, 600)
    const small = await collect(encryptStream(pieces(content), [ana.publicKey], sessionKey))
    const start = small.lastIndexOf(Buffer.of(0xd2, 0xff, 0, 0))
    for (let at = start; at < small.length; at++) {
      const flipped = Buffer.from(small)
      flipped[at] = (flipped[at] ?? 0) ^ (1 + (at % 255))
      const read = collect(decryptStream(pieces(flipped, 250), { sessionKey }))
      await expect(read, `byte ${at - start} of ${small.length - start}`).rejects.toMatchObject({
        code: 'invalid',
      })
    }
  })

  it('ends in a refusal, and never hangs, whatever a byte of the session keys says', async () => {
    const small = await collect(encryptStream(pieces(data.subarray(0, 600)), [ana.publicKey], sessionKey))
    const end = small.lastIndexOf(Buffer.of(0xd2, 0xff, 0, 0))
    for (let at = 0; at < end; at++) {
      const flipped = Buffer.from(small)
      flipped[at] = (flipped[at] ?? 0) ^ (1 + (at % 255))
      const got = await decrypted(flipped, ana).then(
        // A key id of zeros, for instance, fits any key.
        (content) => content.equals(data.subarray(0, 600)),
        (error: { code: string }) => ['key-wrong', 'invalid'].includes(error.code),
      )
      expect(got, `byte ${at}`).toBe(true)
    }
  })

  it('finds every cut, and anything that follows', async () => {
    for (const length of [0, 1, 90, 250, 65_000, volume.length - 22, volume.length - 1]) {
      const read = collect(decryptStream(pieces(volume.subarray(0, length)), { sessionKey }))
      await expect(read, `${length} bytes`).rejects.toMatchObject({ code: 'invalid' })
    }
    const doubled = collect(decryptStream(pieces(Buffer.concat([volume, volume])), { sessionKey }))
    await expect(doubled).rejects.toMatchObject({ code: 'invalid' })
  })

  it('is not taken in by another session key or by a message that is not encrypted', async () => {
    // Another key gives random packets: what they look like decides which way the refusal takes.
    for (let i = 0; i < 60; i++) {
      const other = collect(decryptStream(pieces(volume), { sessionKey: newSessionKey() }))
      await expect(other).rejects.toMatchObject({ code: 'invalid' })
    }
    const plain = gpg.must(['--store', '-z', '0'], data)
    for (const opener of [{ sessionKey }, { privateKeys: [ana] }]) {
      const read = collect(decryptStream(pieces(plain), opener))
      await expect(read).rejects.toMatchObject({ code: 'invalid' })
    }
  })

  it('refuses a packet after the encrypted data, even one without meaning', async () => {
    const marker = packet(10, Buffer.from('PGP'))
    await expect(decrypted(Buffer.concat([volume, marker]), ana)).rejects.toMatchObject({ code: 'invalid' })
    expect((await decrypted(Buffer.concat([marker, volume]), ana)).equals(data)).toBe(true)
  })

  it.each([[8], [9], [18], [20], [1], [39]])(
    'refuses packet %i inside, however long, instead of hanging',
    async (tag) => {
      const sealed = await sealPackets(packet(tag, Buffer.alloc(700_000, 1)))
      const read = collect(decryptStream(pieces(sealed), { sessionKey }))
      await expect(read).rejects.toMatchObject({
        code: 'invalid',
        cause: { message: expect.stringContaining(`packet ${tag} inside`) },
      })
    },
  )

  it('does not hang on much that follows the content', async () => {
    const content = packet(11, Buffer.concat([Buffer.from([0x62, 0, 0, 0, 0, 0]), data]))
    const unknown = packet(46, Buffer.alloc(700_000, 1))
    const followed = await sealPackets(Buffer.concat([content, unknown, unknown]))
    expect((await collect(decryptStream(pieces(followed), { sessionKey }))).equals(data)).toBe(true)
    const twice = await sealPackets(Buffer.concat([content, content]))
    const read = collect(decryptStream(pieces(twice), { sessionKey }))
    await expect(read).rejects.toMatchObject({ code: 'invalid' })
  })

  it('refuses a compressed message, ours never being one', async () => {
    gpg.must(['--import'], ana.openpgp.armor())
    const sealed = ['-e', '-r', ana.fingerprint]
    expect((await decrypted(gpg.must(sealed, data), ana)).equals(data)).toBe(true)
    for (const content of [data, randomBytes(1_000_000)]) {
      const zipped = gpg.must([...zip, ...sealed], content)
      expect(gpg.must(['--list-packets'], zipped).toString()).toContain('compressed packet')
      await expect(decrypted(zipped, ana)).rejects.toMatchObject({ code: 'invalid' })
    }
  })

  it('lets errors of the source through and closes it when its reader stops', async () => {
    const failure = new TypeError('the disk')
    let closed = 0
    async function* failing(): AsyncIterable<Uint8Array> {
      yield volume.subarray(0, 300_000)
      throw failure
    }
    async function* counting(): AsyncIterable<Uint8Array> {
      try {
        yield* pieces(volume)
      } finally {
        closed++
      }
    }
    await expect(collect(decryptStream(failing(), { sessionKey }))).rejects.toBe(failure)
    await expect(collect(encryptStream(failing(), [ana.publicKey], sessionKey))).rejects.toBe(failure)
    for await (const _ of decryptStream(counting(), { sessionKey })) break
    for await (const _ of encryptStream(counting(), [ana.publicKey], sessionKey)) break
    expect(closed).toBe(2)
  })

  it('holds neither a volume in memory nor the event loop', async () => {
    const size = 128
    async function* long(): AsyncIterable<Uint8Array> {
      const chunk = Buffer.alloc(1024 * 1024, 'a')
      for (let i = 0; i < size; i++) yield chunk
    }
    let turns = 0
    let peak = 0
    const start = process.memoryUsage.rss()
    const watch = setInterval(() => {
      turns++
      peak = Math.max(peak, process.memoryUsage.rss() - start)
    }, 1)
    let bytes = 0
    const sealed = encryptStream(long(), [ana.publicKey], sessionKey)
    for await (const chunk of decryptStream(sealed, { sessionKey })) bytes += chunk.length
    clearInterval(watch)
    expect(bytes).toBe(size * 1024 * 1024)
    expect(turns).toBeGreaterThan(10)
    expect(peak).toBeLessThan(160 * 1024 * 1024)
  })

  it.skipIf(!hasSamples)('refuses third-party messages without integrity protection, or cut', async () => {
    const password = ['--passphrase', 'password']
    gpg.must([...password, '--import'], sample('keyrings/1/secring.gpg'))
    const open = (name: string): Promise<Buffer> => {
      const bytes = sample(`test_messages/${name}`)
      const { status } = gpg.run([...password, '--show-session-key', '-d'], bytes)
      const key = Buffer.from(/SESSION_KEY 9:([0-9A-F]{64})/.exec(status)?.[1] ?? '', 'hex')
      return collect(decryptStream(pieces(bytes), { sessionKey: { algorithm: 'aes256', data: key } }))
    }
    expect(await open('message_mdc_8k_1.pgp')).toHaveLength(130_924)
    for (const name of ['message.txt.enc-no-mdc', 'message_mdc_8k_cut1.pgp', 'message_mdc_8k_cut22.pgp']) {
      await expect(open(name), name).rejects.toMatchObject({ code: 'invalid' })
    }
  })

  it('refuses data encrypted without integrity protection even by the right key', async () => {
    const literal = (await openpgp.createMessage({ binary: data })).packets
    const bare = new openpgp.SymmetricallyEncryptedDataPacket()
    const inside = bare as unknown as {
      packets: unknown
      encrypt(algorithm: number, key: Uint8Array): Promise<void>
    }
    inside.packets = literal
    await inside.encrypt(openpgp.enums.symmetric.aes256, sessionKey.data)
    const list = new openpgp.PacketList<openpgp.AnyPacket>()
    list.push(bare)
    const read = collect(decryptStream(pieces(list.write()), { sessionKey }))
    await expect(read).rejects.toMatchObject({ code: 'invalid' })
  })
})

describe('small messages', () => {
  it('go to gpg and come back', async () => {
    const sealed = await encryptBytes(Buffer.from('nonce'), [ana.publicKey, bob.publicKey])
    expect(sealed).toMatch(/^-----BEGIN PGP MESSAGE-----/)
    gpg.must(['--import'], ana.openpgp.armor())
    expect(gpg.must(['-d'], sealed).toString()).toBe('nonce')
    for (const options of [['--armor'], [], zip]) {
      const answer = gpg.must([...options, '-e', '-r', ana.fingerprint], 'answer')
      expect(Buffer.from(await decryptBytes(answer, [bob, ana])).toString()).toBe('answer')
    }
  })

  it('are refused when damaged, for another key, or nothing at all', async () => {
    const sealed = await encryptBytes(Buffer.from('nonce'), [ana.publicKey])
    const bytes = Buffer.from(sealed)
    await expect(decryptBytes(bytes, [bob])).rejects.toMatchObject({ code: 'key-wrong' })
    for (const wrong of [Buffer.from(''), Buffer.from('hello'), bytes.subarray(0, bytes.length >> 1)]) {
      await expect(decryptBytes(wrong, [ana])).rejects.toMatchObject({
        code: expect.stringMatching(/invalid|key-wrong/),
      })
    }
  })

  it('may not swell beyond their bound', async () => {
    gpg.must(['--import'], ana.openpgp.armor())
    const bomb = gpg.must([...zip, '-e', '-r', ana.fingerprint], Buffer.alloc(40 * 1024 * 1024))
    expect(bomb.length).toBeLessThan(100_000)
    await expect(decryptBytes(bomb, [ana])).rejects.toMatchObject({ code: 'invalid' })
  })
})
