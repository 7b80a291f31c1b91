import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AuthorityOptions, makeAuthority, openssl, type Tsa } from '../../../test/services/tsa.ts'
import { infoIn, signInfo } from '../../../test/services/tsa-token.ts'
import { requestTimestamp, type TimestampVerdict, verifyTimestamp } from '../src/x509.ts'

/** A stamp by a running authority. */
export async function stampOf(tsa: Tsa, data: Uint8Array): Promise<Uint8Array> {
  return requestTimestamp({ url: tsa.url, data })
}

/** Whether openssl accepts a reply, at a moment. */
export function opensslAccepts(
  { folder }: { readonly folder: string },
  data: Uint8Array,
  token: Uint8Array,
  at: Date = new Date(),
): boolean {
  writeFileSync(join(folder, 'data'), data)
  writeFileSync(join(folder, 'data.tsr'), token)
  const time = ['-attime', String(Math.floor(at.getTime() / 1000))]
  try {
    openssl(folder, 'ts', '-verify', '-data', 'data', '-in', 'data.tsr', '-CAfile', 'root.crt', ...time)
    return true
  } catch {
    return false
  }
}

/** The information of `token` signed anew by another authority, fit or not; judged by us and by openssl. */
export async function signedAnew(
  token: Uint8Array,
  data: Uint8Array,
  o: AuthorityOptions,
  options?: readonly string[],
): Promise<{ verdict: TimestampVerdict; openssl: boolean }> {
  using authority = makeAuthority(o)
  const made = signInfo(authority.folder, infoIn(authority.folder, token), options)
  const verdict = await verifyTimestamp({ token: made, data, roots: [readFileSync(authority.root)] })
  return { verdict, openssl: opensslAccepts(authority, data, made) }
}
