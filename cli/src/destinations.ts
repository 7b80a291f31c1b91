import { stat } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { directoryDestination } from '@restitute/archive'
import { type Destination, type DestinationSpec, RestituteError } from '@restitute/core'

/** Kind of destination URL → its destinations, loaded when first needed. A new kind is one line here. */
const loaders: Readonly<Record<string, (place: DestinationSpec) => Promise<Destination>>> = {
  directory: async ({ url }) => directoryDestination(directoryOf(url)),
  s3: async (place) => (await import('@restitute/destination-s3')).s3Destination(place),
  sftp: async (place) => (await import('@restitute/destination-sftp')).sftpDestination(place),
}

/** The kinds that destinations may have. */
export const destinationKinds: readonly string[] = Object.keys(loaders)

/** The destination of a URL, or of a plain path; `usage` for a kind without one. */
export async function destinationOf(place: DestinationSpec): Promise<Destination> {
  const url = placeUrl(place.url)
  return loaderOf(url)({ ...place, url })
}

/** A destination URL as it is kept: a plain path becomes an absolute `directory:` URL. */
export function placeUrl(typed: string): string {
  return kindOf(typed) === 'directory' ? `directory:${directoryOf(typed)}` : typed
}

/** Whether something typed is the URL of a place, and no plain path. */
export function isPlaceUrl(typed: string): boolean {
  return typed.startsWith(`${kindOf(typed)}:`) && Object.hasOwn(loaders, kindOf(typed))
}

/** Whether two destination URLs, or plain paths, name the same place. */
export function samePlace(a: string, b: string): boolean {
  const [one, other] = [partsOf(a), partsOf(b)]
  return one.path === other.path && one.query === other.query
}

/** {@link samePlace}, however it is reached: a server's key or an endpoint may be said otherwise since. */
export function sameFolder(a: string, b: string): boolean {
  return partsOf(a).path === partsOf(b).path
}

/** {@link sameFolder}, also where a link or a second mount gives a directory another name. */
export async function isSameFolder(a: string, b: string): Promise<boolean> {
  if (sameFolder(a, b)) return true
  const [one, other] = await Promise.all([numberOf(a), numberOf(b)])
  return one !== undefined && one === other
}

/** Device and number of a directory that is there. */
async function numberOf(typed: string): Promise<string | undefined> {
  const url = placeUrl(typed)
  if (kindOf(url) !== 'directory') return undefined
  const found = await stat(directoryOf(url), { bigint: true }).catch(() => undefined)
  return found && `${found.dev} ${found.ino}`
}

/** Whether a place is another one or lies in it. */
export function liesIn(url: string, place: string): boolean {
  const [inner, outer] = [partsOf(url), partsOf(place)]
  return inner.query === outer.query && `${inner.path}/`.startsWith(`${outer.path}/`)
}

function loaderOf(url: string): (place: DestinationSpec) => Promise<Destination> {
  const kind = kindOf(url)
  const load = Object.hasOwn(loaders, kind) ? loaders[kind] : undefined
  if (load !== undefined) return load
  throw new RestituteError('usage', `no destination of kind "${kind}"`, {
    hint: `known kinds: ${destinationKinds.join(', ')}`,
  })
}

/** `directory`, `s3`, …; a plain path is a directory, and one letter is a drive of Windows. */
export function kindOf(url: string): string {
  return /^([a-z][a-z0-9]+):/.exec(url)?.[1] ?? 'directory'
}

/** Absolute path of a `directory:` URL or a plain path; `usage` for a URL without an absolute one. */
export function directoryOf(url: string): string {
  const path = url.startsWith('directory:') ? url.slice('directory:'.length) : url
  if (path === url || isAbsolute(path)) return resolve(path)
  throw new RestituteError('usage', `destination: expected an absolute path after directory:, got "${path}"`)
}

/** A directory has no query: there a `?` is a part of a name. */
function partsOf(typed: string): { readonly path: string; readonly query: string } {
  const url = placeUrl(typed)
  const at = kindOf(url) === 'directory' ? -1 : url.indexOf('?')
  const [path, query] = at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at)]
  return { path: path.replace(/\/+$/, ''), query }
}
