import { directoryDestination } from '@restitute/archive'
import { type Destination, RestituteError } from '@restitute/core'

/** Finds the destination of a URL; throws `usage` for an unknown kind. Called in worker threads too. */
export type DestinationOf = (url: string) => Destination

/** The destinations that need no further package: `directory:/mnt/out`. */
export function destinationOf(url: string): Destination {
  const [, path] = /^directory:(.+)$/.exec(url) ?? []
  if (path === undefined) {
    throw new RestituteError('usage', `destination: expected directory:<path>, got ${kindOf(url)}`)
  }
  return directoryDestination(path)
}

/** URL of a package's folder at a place. */
export function packageUrl(place: string, name: string): string {
  return `${place.replace(/\/+$/, '')}/${name}`
}

function kindOf(url: string): string {
  return `${url.split(':', 1)[0]}:…`
}
