import { type Destination, RestituteError } from '@restitute/core'
import type { FileRecord } from '@restitute/manifest'

/**
 * Throws `destination-failed` where one of these files does not lie in its place any more, or is shorter: for who is about to
 * say that all is there. A disk that was taken out has taken its files with it, while what came later was written to the folder below its mount.
 */
export async function refuseMissing(place: Destination, files: readonly FileRecord[]): Promise<void> {
  const found = new Map<string, number>()
  for await (const { name, bytes } of place.list()) found.set(name, bytes)
  for (const { name, bytes } of files) {
    const got = found.get(name)
    if (got === bytes) continue
    throw new RestituteError(
      'destination-failed',
      `${place.url}: ${name}: expected ${bytes} bytes, got ${got === undefined ? 'no file' : `${got} bytes`}`,
      {
        hint: 'see whether the disk there is still the same, then run it again: what is missing is written anew',
      },
    )
  }
}
