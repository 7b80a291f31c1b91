import { directoryDestination } from '@restitute/archive'
import { type Destination, type DestinationOf, type DestinationSpec, RestituteError } from '@restitute/core'

/** The destinations that need no further package: `directory:/mnt/out`. */
export async function destinationOf({ url }: DestinationSpec): Promise<Destination> {
  const [, path] = /^directory:(.+)$/.exec(url) ?? []
  if (path === undefined) {
    throw new RestituteError('usage', `destination: expected directory:<path>, got ${kindOf(url)}`)
  }
  return directoryDestination(path)
}

/** Opens each place once: whoever works on many files of one place keeps its connections. */
export function openedOnce(destinationOf: DestinationOf): DestinationOf {
  const opened = new Map<string, Promise<Destination>>()
  return (place) => {
    const before = opened.get(place.url)
    if (before) return before
    const opening = destinationOf(place)
    opened.set(place.url, opening)
    opening.catch(() => opened.delete(place.url))
    return opening
  }
}

/**
 * URL of a package's folder at a place; a query stays at the end. A directory, as a URL or a plain path, has none: there a `?` is
 * a part of a name.
 */
export function packageUrl(place: string, name: string): string {
  const at = /^(?!directory:)[a-z][a-z0-9]+:/.test(place) ? place.indexOf('?') : -1
  const [path, query] = at < 0 ? [place, ''] : [place.slice(0, at), place.slice(at)]
  return `${path.replace(/\/+$/, '')}/${name}${query}`
}

function kindOf(url: string): string {
  return `${url.split(':', 1)[0]}:…`
}
