import { RestituteError } from '@restitute/core'

/** That nobody said in which region the bucket lies, of which the library's error names nothing; undefined for any other error. */
export function regionMissing(thrown: unknown, attempt: string): RestituteError | undefined {
  if (!(thrown instanceof Error) || thrown.message !== 'Region is missing') return undefined
  return new RestituteError(
    'usage',
    `${attempt}: expected a region in the URL or the environment, got none`,
    {
      cause: thrown,
      hint: "name it in the URL, ?region=eu-west-3, or the service where it is not Amazon's, ?endpoint=https://…",
    },
  )
}
