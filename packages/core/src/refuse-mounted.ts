import { lstat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RestituteError } from './errors.ts'

/**
 * Refuses (`usage`) a target in whose place a file system is mounted: nothing that was built beside it could be renamed to
 * there, which would show at the end. `url` is how the target was given.
 */
export async function refuseMounted(place: string, url: string): Promise<void> {
  const [above, there] = await Promise.all([lstat(dirname(place)), lstat(place)].map(orNothing))
  if (above === undefined || there === undefined || there.dev === above.dev) return
  throw new RestituteError('usage', `target ${url}: a file system is mounted there`, {
    hint: 'name a folder inside it, which need not be there',
  })
}

function orNothing<T>(found: Promise<T>): Promise<T | undefined> {
  return found.catch(() => undefined)
}
