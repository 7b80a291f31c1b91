import { RestituteError } from './errors.ts'
import { isMounted } from './is-mounted.ts'

/**
 * Refuses (`usage`) a target in whose place a file system is mounted: nothing that was built beside it could be renamed to
 * there, which would show at the end. `url` is how the target was given.
 */
export async function refuseMounted(place: string, url: string): Promise<void> {
  if (!(await isMounted(place))) return
  throw new RestituteError('usage', `target ${url}: a file system is mounted there`, {
    hint: 'name a folder inside it, which need not be there',
  })
}
