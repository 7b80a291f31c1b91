import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openssl } from './tsa.ts'

const der = ['-binary', '-inform', 'DER', '-outform', 'DER']
const timeStampInfo = '1.2.840.113549.1.9.16.1.4'

/** The time-stamp information (TSTInfo, DER) inside a reply. */
export function infoIn(folder: string, reply: Uint8Array): Buffer {
  writeFileSync(join(folder, 'given.tsr'), reply)
  openssl(folder, 'ts', '-reply', '-in', 'given.tsr', '-token_out', '-out', 'given.der')
  return openssl(folder, 'cms', '-verify', '-noverify', ...der, '-in', 'given.der')
}

/**
 * A reply that grants this information, signed with the leaf of an authority whether that is fit or not: openssl's
 * own `ts -reply` refuses unfit certificates, and knows no other time than the machine's. `options`: further ones
 * of `openssl cms -sign`; without `-cades` the signature does not name its certificate.
 */
export function signInfo(
  folder: string,
  info: Uint8Array,
  options: readonly string[] = ['-cades'],
): Uint8Array {
  writeFileSync(join(folder, 'info.der'), info)
  const content = ['-nodetach', '-binary', '-econtent_type', timeStampInfo, '-in', 'info.der']
  const signer = ['-signer', 'leaf.crt', '-inkey', 'leaf.key', '-certfile', 'chain.crt', '-md', 'sha256']
  openssl(folder, 'cms', '-sign', ...content, ...signer, ...options, '-outform', 'DER', '-out', 'made.der')
  return granted(readFileSync(join(folder, 'made.der')))
}

/** SEQUENCE { SEQUENCE { INTEGER 0 }, token } */
function granted(token: Uint8Array): Uint8Array {
  const content = Buffer.concat([Buffer.from('3003020100', 'hex'), token])
  const head = Buffer.from('30820000', 'hex')
  head.writeUInt16BE(content.length, 2)
  return Buffer.concat([head, content])
}
