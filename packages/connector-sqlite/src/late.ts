import { sideSuffixes, statusOf } from './location.ts'

/** A server's clock may go before ours by so much; what is dated later still was so before (milliseconds). */
const ahead = 60_000

/**
 * Whether somebody wrote to a database after that time (milliseconds since 1970): to its file, its log or its journal. Readers leave
 * empty ones.
 */
export async function isWrittenSince(file: string, time: number): Promise<boolean> {
  const names = [file, ...sideSuffixes.filter((suffix) => suffix !== '-shm').map((suffix) => file + suffix)]
  const found = await Promise.all(names.map(statusOf))
  return found.some((status) => {
    if (status === undefined || status.size === 0n) return false
    const written = Number(status.mtimeMs)
    return written > time && written <= Date.now() + ahead
  })
}
