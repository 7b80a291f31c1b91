import { RestituteError } from '@restitute/core'

/** `newer-version`: something is well made, and this version cannot know what it means. Says nothing of who signed it. */
export function newerVersion(message: string): RestituteError {
  return new RestituteError('newer-version', `${message}, which this version does not know`, {
    hint: 'a newer version of Restitute may have written it: go on with the newest one, and put nothing older back in its place',
  })
}
