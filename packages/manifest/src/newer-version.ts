import { RestituteError } from '@restitute/core'

/** `newer-version`: something is well made, and this version cannot know what it means. */
export function newerVersion(message: string): RestituteError {
  return new RestituteError('newer-version', `${message}, which this version does not know`, {
    hint: 'a newer version of Restitute wrote it, and nothing is wrong with it for that: go on with that one',
  })
}
