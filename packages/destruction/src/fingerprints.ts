import { realpath, stat } from 'node:fs/promises'
import { fingerprintOfIdentity, systemCode } from '@restitute/core'

/**
 * The fingerprint of a folder: follows from its real path and its file number, so a folder put in its place has
 * another one, and it survives a restart of the machine. `undefined` when there is no such folder.
 */
export async function folderFingerprint(dir: string): Promise<string | undefined> {
  try {
    const { ino } = await stat(dir, { bigint: true })
    return fingerprintOfIdentity(`${await realpath(dir)}\n${ino}`)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
}
