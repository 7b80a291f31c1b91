import { RestituteError, systemCode } from '@restitute/core'

/** Why a file that was to be new could not be written: `destination-failed`. */
export function notWritten(path: string, cause: unknown): RestituteError {
  const code = systemCode(cause) ?? 'unknown reason'
  const [why, hint] =
    code === 'EEXIST'
      ? ['it is there already', 'name a file that does not exist yet']
      : [code, 'look at its folder: whether it is there, its rights and its room']
  return new RestituteError('destination-failed', `cannot write ${path}: ${why}`, { cause, hint })
}
