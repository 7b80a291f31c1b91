import { realpath, stat } from 'node:fs/promises'
import { systemCode } from '@restitute/core'
import { type Sha256, sha256Hex } from '@restitute/manifest'

/** A fingerprint short enough to be typed (R35), `3f2a-9c1b-77de`, out of a SHA-256. */
export function shortFingerprint(digest: Sha256): string {
  return [digest.slice(0, 4), digest.slice(4, 8), digest.slice(8, 12)].join('-')
}

/**
 * The fingerprint of a folder: follows from its real path and its file number, so a folder put in its place has
 * another one, and it survives a restart of the machine. `undefined` when there is no such folder.
 */
export async function folderFingerprint(dir: string): Promise<string | undefined> {
  try {
    const { ino } = await stat(dir, { bigint: true })
    return shortFingerprint(sha256Hex(`${await realpath(dir)}\n${ino}`))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
