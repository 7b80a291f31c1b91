import { RestituteError } from '@restitute/core'

/** The value of `--workers`; throws `usage`. */
export function workersOf(typed: string): number {
  const workers = Number(typed)
  if (Number.isInteger(workers) && workers >= 1 && workers <= 256) return workers
  throw new RestituteError('usage', `--workers: expected 1 to 256, got "${typed}"`)
}
