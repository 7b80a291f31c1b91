import { createHash } from 'node:crypto'
import { RestituteError } from '@restitute/core'

const attempts = 3

/** What a service answers when it has stored a body. */
export interface Receipt {
  readonly ETag?: string | undefined
  readonly ChecksumSHA256?: string | undefined
  readonly ServerSideEncryption?: string | undefined
}

/**
 * Sends a body until the service says that it has stored just this one: by SHA-256 (`own`, base64) where it keeps it, else by
 * the MD5 that the ETag is, unless it encrypts with a key of a management service. Throws `destination-failed` when it says
 * three times that it stored another one.
 */
export async function sendUntilStored<R extends Receipt>(
  what: string,
  body: Buffer,
  own: string,
  send: () => Promise<R>,
): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    const receipt = await send()
    const difference = differenceOf(receipt, body, own)
    if (difference === undefined) return receipt
    if (attempt === attempts) {
      throw new RestituteError(
        'destination-failed',
        `${what}: the service stored another body: ${difference}`,
        {
          hint: 'something between here and the service changes what passes, or its storage is broken',
        },
      )
    }
  }
}

function differenceOf(
  { ETag = '', ChecksumSHA256, ServerSideEncryption = 'AES256' }: Receipt,
  body: Buffer,
  own: string,
): string | undefined {
  if (ChecksumSHA256 !== undefined)
    return ChecksumSHA256 === own ? undefined : `expected SHA-256 ${own}, got ${ChecksumSHA256}`
  const etag = ETag.replaceAll('"', '')
  if (!/^[0-9a-f]{32}$/.test(etag) || ServerSideEncryption !== 'AES256') return undefined
  const md5 = createHash('md5').update(body).digest('hex')
  return etag === md5 ? undefined : `expected MD5 ${md5}, got ${etag}`
}
