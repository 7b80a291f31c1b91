import { constants, openSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { systemCode } from '@restitute/core'

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_NOATIME } = constants

/** Never through a link and never waiting for a pipe. What is no longer a regular file shows by its mark. */
const plainly = O_RDONLY | O_NOFOLLOW | O_NONBLOCK
/**
 * Nor setting the time of access, by which archives move or drop what nobody reads: root may, except in a container that does
 * not know the owner. Elsewhere than on Linux there is no such flag.
 */
const quietly = process.getuid?.() === 0 ? plainly | O_NOATIME : plainly

/** Opens a file for reading alone. Throws the system's errors. */
export function openToRead(path: Buffer): number {
  try {
    return openSync(path, quietly)
  } catch (error) {
    if (systemCode(error) !== 'EPERM' || quietly === plainly) throw error
    return openSync(path, plainly)
  }
}

/** The same without waiting for it. */
export async function openingToRead(path: Buffer): Promise<FileHandle> {
  return open(path, quietly).catch((error: unknown) => {
    if (systemCode(error) !== 'EPERM' || quietly === plainly) throw error
    return open(path, plainly)
  })
}
