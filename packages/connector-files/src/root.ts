import { type BigIntStats, constants } from 'node:fs'
import { access, lstat, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fingerprintOfIdentity, RestituteError, systemCode } from '@restitute/core'

/** The folder that a source is, found and identified. */
export interface Root {
  /** Real path, in bytes. */
  readonly path: Buffer
  readonly dev: bigint
  readonly ino: bigint
  /**
   * Twelve hexadecimal digits of the SHA-256 of kind, real path, inode and time of birth. Not of the device: its number is
   * another one once a share is mounted again or the machine has started anew, as may happen before a destruction.
   */
  readonly fingerprint: string
}

/** The absolute path in `files:/abs/path`; throws `usage`. */
export function pathOfUrl(url: string): string {
  const path = url.startsWith('files:') ? url.slice('files:'.length) : ''
  if (!path.startsWith('/') || path.includes('\0')) {
    throw new RestituteError('usage', `source url: expected files:/absolute/path, got ${url}`)
  }
  return resolve(path)
}

/** Finds the folder; a symbolic link to it is followed once, here. Throws `usage`, `source-unreachable`. */
export async function findRoot(url: string): Promise<Root> {
  const root = await identify(pathOfUrl(url), url)
  if (!root.isDirectory)
    throw new RestituteError('usage', `source ${url}: expected a folder, got another file`)
  return root
}

/** {@link findRoot}, and the folder must be readable. */
export async function openRoot(url: string): Promise<Root> {
  const root = await findRoot(url)
  await access(root.path, constants.R_OK | constants.X_OK).catch((cause) => unreachable(url, cause))
  return root
}

/** Whatever lies at a path, identified. */
export async function identify(path: string, url: string): Promise<Root & { isDirectory: boolean }> {
  try {
    const real = await realpath(path, { encoding: 'buffer' })
    const stats = await lstat(real, { bigint: true })
    const { dev, ino } = stats
    return { path: real, dev, ino, fingerprint: fingerprintOf(real, stats), isDirectory: stats.isDirectory() }
  } catch (cause) {
    return unreachable(url, cause)
  }
}

/** {@link Root.fingerprint} of what lies at a real path. */
export function fingerprintOf(path: Buffer, { ino, birthtimeNs }: BigIntStats): string {
  return fingerprintOfIdentity(
    Buffer.concat([Buffer.from('files\0'), path, Buffer.from(`\0${ino}\0${birthtimeNs}`)]),
  )
}

function unreachable(url: string, cause: unknown): never {
  const reason = systemCode(cause) ?? 'unknown error'
  throw new RestituteError('source-unreachable', `source ${url}: cannot be reached: ${reason}`, { cause })
}
