import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isTidySignature, type PrivateKey, signDetached, verifyDetached } from '../src/index.ts'
import { startGpg } from './gpg.ts'
import { later, newKey } from './helpers.ts'

const gpg = startGpg()
afterAll(() => gpg[Symbol.dispose]())

const data = Buffer.from('{"schema":"restitute/manifest/v1"}')
let ana: PrivateKey
let made: { readonly armored: string; readonly binary: Uint8Array }
beforeAll(async () => {
  ana = await newKey('Ana')
  made = await signDetached(data, ana, later)
})

/** What a changed file still passes for: every signature good, and nothing odd about it. */
async function passes(signature: Uint8Array): Promise<boolean> {
  const verdicts = await verifyDetached(data, signature, [ana.publicKey])
  const good = verdicts.length > 0 && verdicts.every(({ state }) => state === 'good')
  return good && (await isTidySignature(signature))
}

describe('the form of a signature file', () => {
  it('is tidy as this program and gpg write it, also with the line ends of Windows', async () => {
    gpg.must(['--import'], ana.publicKey.armored)
    gpg.must(['--quick-gen-key', 'Bo <bo@example.org>', 'rsa3072', 'default', 'never'])
    const file = join(gpg.home, 'data')
    writeFileSync(file, data)
    const sign = (...more: string[]): Buffer =>
      gpg.must([...more, '--local-user', 'bo@example.org', '--detach-sign', '-o', '-', file])
    for (const bytes of [Buffer.from(made.armored), made.binary, sign('--armor'), sign()]) {
      expect(await isTidySignature(bytes)).toBe(true)
    }
    const windows = Buffer.from(made.armored.replaceAll('\n', '\r\n'))
    expect(await isTidySignature(windows)).toBe(true)
    expect(await isTidySignature(sign('--armor', '--comment', 'anything'))).toBe(false)
  })

  it('betrays every single flipped bit of armor and packet that the signature does not cover', async () => {
    for (const bytes of [Buffer.from(made.armored), Buffer.from(made.binary)]) {
      expect(await passes(bytes)).toBe(true)
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = Buffer.from(bytes)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        expect(await passes(flipped), `bit ${bit}`).toBe(false)
      }
    }
  })

  it.each([
    ['a second signature', (text: string) => text + text],
    ['text after it', (text: string) => `${text}\n`],
    ['text before it', (text: string) => ` ${text}`],
    ['a header', (text: string) => text.replace('\n\n', '\nComment: changed\n\n')],
    ['no checksum', (text: string) => text.replace(/\n=.{4}/, '')],
    ['lines joined', (text: string) => text.replace(/(.{60})\n/, '$1')],
    ['nothing', () => ''],
    ['no signature', () => 'manifest.json'],
  ])('is not tidy with %s', async (_what, change) => {
    expect(await isTidySignature(Buffer.from(change(made.armored)))).toBe(false)
  })

  it('is not tidy with a subpacket that nobody signed', async () => {
    const { binary } = made
    // Packet header, then version, type, two algorithms, and the hashed subpackets with their length.
    const at = 2 + 4 + 2 + Buffer.from(binary).readUInt16BE(6)
    const unhashed = Uint8Array.from([0, 3, 2, 100, 7])
    const grown = Buffer.concat([binary.subarray(0, at), unhashed, binary.subarray(at + 2)])
    grown[1]! += 3
    expect((await verifyDetached(data, grown, [ana.publicKey])).map(({ state }) => state)).toEqual(['good'])
    expect(await isTidySignature(grown)).toBe(false)
  })
})
