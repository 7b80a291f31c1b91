import { existsSync } from 'node:fs'
import { asRestituteError, type Destination, RestituteError } from '@restitute/core'
import { type PublicKey, readPublicKey } from '@restitute/seal'
import { loadPublicKey } from './keys.ts'

const longestKey = 256 * 1024

/**
 * The key that `--signer` names: a key file, or a fingerprint, whose key is then taken from `keys/` of the packages at
 * hand, or from these `keys`: the fingerprint vouches for it. Errors: `key-missing`, `key-unfit`.
 */
export async function signerKey(
  given: string,
  packages: readonly Destination[],
  keys: readonly PublicKey[] = [],
): Promise<PublicKey> {
  const fingerprint = given.replaceAll(' ', '').toLowerCase().replace(/^0x/, '')
  if (!/^[0-9a-f]{40}$/.test(fingerprint)) {
    refusePart(given, fingerprint)
    return loadPublicKey(given)
  }
  const known = keys.find((key) => key.fingerprint === fingerprint)
  if (known !== undefined) return known
  for (const place of packages) {
    const key = await keyIn(place, fingerprint)
    if (key?.fingerprint === fingerprint) return key
  }
  throw new RestituteError('key-missing', `no package or contract at hand holds the key ${fingerprint}`, {
    hint: 'name a file that holds the key',
  })
}

/** A key id is the end of a fingerprint: keys that share one can be made, so it vouches for nothing. */
function refusePart(given: string, digits: string): void {
  if (!/^[0-9a-f]{8,}$/.test(digits) || existsSync(given)) return
  throw new RestituteError(
    'key-missing',
    `--signer ${given}: a fingerprint has 40 digits, got ${digits.length}`,
    {
      hint: 'a key id does not tell keys apart: gpg --fingerprint shows the whole fingerprint; or name a file that holds the key',
    },
  )
}

async function keyIn(place: Destination, fingerprint: string): Promise<PublicKey | undefined> {
  try {
    return await readPublicKey(await start(place.read(`keys/${fingerprint}.asc`)))
  } catch (thrown) {
    if (asRestituteError(thrown).code === 'not-found') return undefined
    throw thrown
  }
}

/** A key file is small: what is longer is cut, and is then no key. */
async function start(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const read: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of chunks) {
    read.push(chunk)
    bytes += chunk.length
    if (bytes > longestKey) break
  }
  return Buffer.concat(read)
}
