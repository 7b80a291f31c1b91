import { parseRate, RestituteError } from '@restitute/core'

/** The value of `--rate` in bytes per second; throws `usage`. */
export function rateOf(typed: string): number {
  try {
    return parseRate(typed)
  } catch (cause) {
    throw new RestituteError('usage', `--rate: expected for instance 20MB/s, got "${typed}"`, { cause })
  }
}
