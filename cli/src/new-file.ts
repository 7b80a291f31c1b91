import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { RestituteError, systemCode } from '@restitute/core'

/** Writes a file, never over another one, and leaves no half of it; throws `destination-failed`. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx').catch((cause: unknown) => {
    throw notWritten(path, cause)
  })
  try {
    await file.writeFile(content)
    await file.sync()
  } catch (cause) {
    await removed(path)
    throw notWritten(path, cause)
  } finally {
    await file.close()
  }
}

/**
 * Writes a file in the place of an earlier one, which stays as it was when that fails or is killed; `before` is done once the
 * new one is whole. Throws `destination-failed`.
 */
export async function writeOver(
  path: string,
  content: string | Uint8Array,
  before: () => Promise<void> = async () => {},
): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${randomBytes(8).toString('hex')}`)
  try {
    await writeFile(temporary, content, { flag: 'wx', flush: true })
    await before()
    await rename(temporary, path)
  } catch (cause) {
    await removed(temporary)
    throw notWritten(path, cause)
  }
}

/** As far as that can be done: what went wrong before is what has to be said. */
async function removed(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {})
}

/**
 * Makes a folder and those above it, and sees to it that files can be written there: to be asked before what takes long.
 * Throws `destination-failed`.
 */
export async function openFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true })
    await access(path, constants.W_OK)
  } catch (cause) {
    throw new RestituteError(
      'destination-failed',
      `cannot write to ${path}: ${systemCode(cause) ?? 'unknown reason'}`,
      {
        cause,
        hint: 'name a folder that can be written to with --out',
      },
    )
  }
}

/** Why a file that was to be new could not be written: `destination-failed`. */
export function notWritten(path: string, cause: unknown): RestituteError {
  const code = systemCode(cause) ?? 'unknown reason'
  const [why, hint] =
    code === 'EEXIST'
      ? ['it is there already', 'name a file that does not exist yet']
      : [code, 'look at its folder: whether it is there, its rights and its room']
  return new RestituteError('destination-failed', `cannot write ${path}: ${why}`, { cause, hint })
}
