import { isLater } from '@restitute/core'
import { sideSuffixes, statusOf } from './location.ts'

/**
 * Whether somebody wrote to a database after that time (milliseconds since 1970): to its file, its log or its journal. Readers leave
 * empty ones.
 */
export async function isWrittenSince(file: string, time: number): Promise<boolean> {
  const names = [file, ...sideSuffixes.filter((suffix) => suffix !== '-shm').map((suffix) => file + suffix)]
  const found = await Promise.all(names.map(statusOf))
  return found.some((status) => status && status.size > 0n && isLater(Number(status.mtimeMs), time))
}
