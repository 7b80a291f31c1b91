import { describe, expect, it } from 'vitest'
import {
  decryptStream,
  encryptStream,
  generateKey,
  newSessionKey,
  type PrivateKey,
  readPrivateKey,
  readSessionKey,
} from '../src/index.ts'

const chunk = 256 * 1024

async function newKey(name: string): Promise<PrivateKey> {
  const made = await generateKey({ name, email: `${name}@example.org`, at: new Date() })
  return readPrivateKey(Buffer.from(made.privateKey))
}

async function* message(chunks: number): AsyncIterable<Uint8Array> {
  for (let n = 0; n < chunks; n++) yield Buffer.alloc(chunk, n)
}

describe('the session key of a message', () => {
  it('is read from its beginning alone, and opens it', async () => {
    const key = await newKey('client')
    const written = newSessionKey()
    const sealed = encryptStream(message(32), [key.publicKey], written)
    const chunks = await Array.fromAsync(sealed, (one) => Buffer.from(one))
    let read = 0
    const stored = async function* (): AsyncIterable<Uint8Array> {
      for (const one of chunks) {
        read += one.length
        yield one
      }
    }
    const sessionKey = await readSessionKey(stored(), [await newKey('other'), key])
    expect(Buffer.from(sessionKey.data).equals(written.data)).toBe(true)
    expect(read).toBeLessThan(16 * chunk)
    const opened = await Array.fromAsync(decryptStream(stored(), { sessionKey }), (one) => one.length)
    expect(opened.reduce((sum, length) => sum + length, 0)).toBe(32 * chunk)
  })

  it('is refused to another key, and in what is no message', async () => {
    const key = await newKey('client')
    const other = await newKey('other')
    const encrypted = encryptStream(message(1), [key.publicKey], newSessionKey())
    await expect(readSessionKey(encrypted, [other])).rejects.toMatchObject({ code: 'key-wrong' })
    await expect(readSessionKey(message(1), [key])).rejects.toMatchObject({ code: 'invalid' })
  })
})
