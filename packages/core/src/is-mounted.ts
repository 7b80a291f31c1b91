import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { mountTable } from './mount-table.ts'

/**
 * Whether something is mounted in a place: another file system, or (a bind mount, known only where the system tells) a folder or file of
 * the same one. False for a link, and where nothing is.
 */
export async function isMounted(place: string): Promise<boolean> {
  const [above, there] = await Promise.all([dirname(place), place].map((path) => lstat(path).catch(ofNone)))
  if (above === undefined || there === undefined) return false
  return there.dev !== above.dev || (await mountTable()).some(({ point }) => point.equals(Buffer.from(place)))
}

function ofNone(): undefined {}
