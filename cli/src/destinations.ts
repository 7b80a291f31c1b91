import { isAbsolute, resolve } from 'node:path'
import { directoryDestination } from '@restitute/archive'
import { type Destination, RestituteError } from '@restitute/core'

/** The destination of a URL: `directory:/mnt/out`, or a plain path; `usage` for a kind without one. */
export function destinationOf(url: string): Destination {
  return directoryDestination(directoryOf(url))
}

/** The folder that a destination URL or plain path names. */
export function directoryOf(url: string): string {
  const [, kind, rest] = /^([a-z][a-z0-9]*):(.*)$/s.exec(url) ?? [undefined, 'directory', url]
  if (kind !== 'directory') {
    throw new RestituteError('usage', `no destination of kind "${kind}"`, { hint: 'known kinds: directory' })
  }
  if (url.startsWith('directory:') && !isAbsolute(rest ?? '')) {
    throw new RestituteError(
      'usage',
      `destination: expected an absolute path after directory:, got "${rest}"`,
    )
  }
  return resolve(rest ?? '')
}

/** A destination URL for a name inside another: `directory:/mnt/out` and `R1-0001`. */
export function within(url: string, name: string): string {
  return `directory:${resolve(directoryOf(url), name)}`
}
