import { writeFile } from 'node:fs/promises'
import { RestituteError, systemCode } from '@restitute/core'

/** Writes a file, never over another one; throws `destination-failed`. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content, { flag: 'wx' }).catch((cause: unknown) => {
    throw notWritten(path, cause)
  })
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
