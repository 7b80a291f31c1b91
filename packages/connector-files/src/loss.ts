import { moreFilesHint, RestituteError, systemCode } from '@restitute/core'

const mountedHint =
  'see that the file system of this source is mounted and its server answers, then run it again'

/** What the machine, or the way to a file server, cannot do now: it says nothing of the file that was asked for. */
const passing: Readonly<Record<string, string>> = {
  EMFILE: moreFilesHint,
  ENFILE: moreFilesHint,
  // The program behind a FUSE file system has ended.
  ENOTCONN: mountedHint,
  ESTALE: mountedHint,
  EHOSTDOWN: mountedHint,
}

/** Why something cannot be read. */
export function unreadable(error: unknown): string {
  return `cannot be read: ${systemCode(error) ?? 'unknown error'}`
}

/**
 * Why something cannot be read, for the loss report. Throws `source-unreachable` for what passes: thousands of files would
 * be stated as lost that are all there.
 */
export function lossOf(error: unknown): string {
  const hint = passing[systemCode(error) ?? '']
  if (hint === undefined) return unreadable(error)
  throw new RestituteError('source-unreachable', `the files of the source: ${unreadable(error)}`, {
    cause: error,
    hint,
  })
}
