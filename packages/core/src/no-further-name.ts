import { systemCode } from './errors.ts'

const codes: ReadonlySet<string | undefined> = new Set(['EMLINK', 'EPERM', 'EXDEV', 'ENOTSUP', 'ENOSYS'])

/** Whether making a hard link failed since the file system gives this file no further name (ext4 ends at 65 000), or none any (exFAT, many shares). */
export function noFurtherName(error: unknown): boolean {
  return codes.has(systemCode(error))
}
