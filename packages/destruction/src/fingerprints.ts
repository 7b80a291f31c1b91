import type { BigIntStats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { fingerprintOfIdentity, systemCode } from '@restitute/core'

/**
 * The fingerprint of a folder: follows from its real path and its file number, so a folder put in its place has
 * another one, and it survives a restart of the machine. `undefined` when there is no such folder.
 */
export async function folderFingerprint(dir: string): Promise<string | undefined> {
  return fingerprint(dir, ({ ino }) => `${ino}`)
}

/** The same, and whatever disk is mounted there has another one: the tops of all of one kind have the same number. */
export async function diskFingerprint(dir: string): Promise<string | undefined> {
  return fingerprint(dir, ({ ino, birthtimeNs }) => `${ino}\n${birthtimeNs}`)
}

async function fingerprint(dir: string, of: (stats: BigIntStats) => string): Promise<string | undefined> {
  try {
    const stats = await stat(dir, { bigint: true })
    return fingerprintOfIdentity(`${await realpath(dir)}\n${of(stats)}`)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
