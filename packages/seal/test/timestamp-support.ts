import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AuthorityOptions, makeAuthority, openssl, type Tsa } from '../../../test/services/tsa.ts'
import { requestTimestamp, type TimestampVerdict, verifyTimestamp } from '../src/index.ts'

/** A stamp by a running authority. */
export async function stampOf(tsa: Tsa, data: Uint8Array): Promise<Uint8Array> {
  return requestTimestamp({ url: tsa.url, data })
}

/** What openssl says of a reply, at a moment. */
export function opensslAccepts(tsa: Tsa, data: Uint8Array, token: Uint8Array, at = new Date()): boolean {
  writeFileSync(join(tsa.folder, 'data'), data)
  writeFileSync(join(tsa.folder, 'data.tsr'), token)
  const time = String(Math.floor(at.getTime() / 1000))
  try {
    openssl(
      tsa.folder,
      'ts',
      '-verify',
      '-data',
      'data',
      '-in',
      'data.tsr',
      '-CAfile',
      'root.crt',
      '-attime',
      time,
    )
    return true
  } catch {
    return false
  }
}

/**
 * A reply whose information is that of `token`, signed anew by another authority, fit or not: openssl's own
 * `ts -reply` refuses to sign with a certificate that is unfit.
 */
export async function signedAnew(
  token: Uint8Array,
  data: Uint8Array,
  o: AuthorityOptions,
  cms: readonly string[] = ['-cades'],
): Promise<{ token: Uint8Array; verdict: TimestampVerdict; openssl: boolean }> {
  using authority = makeAuthority(o)
  const { folder, root } = authority
  writeFileSync(join(folder, 'given.tsr'), token)
  openssl(folder, 'ts', '-reply', '-in', 'given.tsr', '-token_out', '-out', 'given.der')
  const binary = ['-binary', '-inform', 'DER', '-outform', 'DER']
  openssl(folder, 'cms', '-verify', '-noverify', ...binary, '-in', 'given.der', '-out', 'info.der')
  openssl(
    folder,
    ...['cms', '-sign', '-nodetach', '-binary', '-md', 'sha256', '-outform', 'DER', ...cms],
    ...['-econtent_type', '1.2.840.113549.1.9.16.1.4', '-signer', 'leaf.crt', '-inkey', 'leaf.key'],
    ...['-in', 'info.der', '-out', 'anew.der'],
  )
  const made = replyWith(readFileSync(join(folder, 'anew.der')))
  const tsa = { ...authority, url: '', rootBytes: readFileSync(root), [Symbol.asyncDispose]: async () => {} }
  const verdict = await verifyTimestamp({ token: made, data, roots: [tsa.rootBytes] })
  return { token: made, verdict, openssl: opensslAccepts(tsa, data, made) }
}

/** SEQUENCE { SEQUENCE { INTEGER 0 }, token }: granted. */
function replyWith(token: Uint8Array): Uint8Array {
  const content = Buffer.concat([Buffer.from('3003020100', 'hex'), token])
  const head = Buffer.alloc(4)
  head.writeUInt16BE(0x3082, 0)
  head.writeUInt16BE(content.length, 2)
  return Buffer.concat([head, content])
}
