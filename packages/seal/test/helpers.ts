import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as openpgp from 'openpgp'
import { generateKey, type PrivateKey, readPrivateKey } from '../src/index.ts'

/** The moment at which the tests' keys are made, unless they say otherwise. */
export const made = new Date('2026-11-01T00:00:00Z')

/** A day after {@link made}. */
export const later = new Date('2026-11-02T00:00:00Z')

/** A key pair of ours. */
export async function newKey(name: string, expiresInSeconds?: number): Promise<PrivateKey> {
  const request = { name, email: `${name.toLowerCase()}@example.org`, at: made }
  const key = await generateKey({ ...request, ...(expiresInSeconds ? { expiresInSeconds } : {}) })
  return readPrivateKey(Buffer.from(key.privateKey))
}

/** The same key with self-signatures of another day: what its holder makes of it to give it a longer life. */
export async function reissued(
  { openpgp: privateKey }: PrivateKey,
  date: Date,
  keyExpirationTime = 0,
): Promise<PrivateKey> {
  const { name = '', email = '' } = privateKey.users[0]?.userID ?? {}
  const made = await openpgp.reformatKey({ privateKey, userIDs: [{ name, email }], date, keyExpirationTime })
  return readPrivateKey(Buffer.from(made.privateKey))
}

/** The public key with a revocation as compromised. */
export async function revoked({ openpgp: key }: PrivateKey, date: Date): Promise<string> {
  const flag = openpgp.enums.reasonForRevocation.keyCompromised
  const { publicKey } = await openpgp.revokeKey({ key, date, reasonForRevocation: { flag } })
  return publicKey
}

/** Bytes in pieces of `size`, as a stream. */
export async function* pieces(bytes: Uint8Array, size = 60_000): AsyncIterable<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size)
}

/** All bytes of a stream whose chunks may be good only until the next is asked for. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of source) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

const shared = join(import.meta.dirname, '../../../../shared/data/openpgp')

/** Whether the third-party samples are there; tests that need them are skipped otherwise. */
export const hasSamples: boolean = existsSync(shared)

/** A file of the third-party samples. */
export function sample(path: string): Buffer {
  return readFileSync(join(shared, path))
}
