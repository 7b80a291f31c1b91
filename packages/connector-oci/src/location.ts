import { isAbsolute, normalize } from 'node:path'
import { fingerprintOfIdentity, RestituteError } from '@restitute/core'
import { isRepository } from './names.ts'

/** Where a source lies. */
export type Location = RegistryLocation | LayoutLocation | ArchiveLocation

/** One repository of a registry, or all whose names begin alike. */
export interface RegistryLocation {
  readonly kind: 'registry'
  /** Scheme, host and port. */
  readonly origin: URL
  /** The one repository; absent when `prefix` counts. */
  readonly repository?: string
  /** Ends in `/`, or is empty for the whole registry. */
  readonly prefix: string
}

/** A folder in OCI image layout. */
export interface LayoutLocation {
  readonly kind: 'layout'
  readonly path: string
}

/** A tar as `docker save` writes it, or one of an OCI image layout. */
export interface ArchiveLocation {
  readonly kind: 'archive'
  readonly path: string
}

const forms =
  'oci:https://registry/repository, oci:https://registry/prefix/, oci:layout:/folder or oci:archive:/file.tar'

/** Reads a source URL; throws `usage`, or `secret-in-clear` for one with a password in it. */
export function locationOf(url: string): Location {
  const rest = url.startsWith('oci:') ? url.slice('oci:'.length) : ''
  const [, kind, path] = /^(layout|archive):(.*)$/s.exec(rest) ?? []
  if (kind !== undefined && path !== undefined) return fileLocation(kind, path, url)
  if (!/^https?:\/\//.test(rest) || !URL.canParse(rest)) throw noSense(url)
  return registryLocation(new URL(rest), url)
}

function fileLocation(kind: string, path: string, url: string): Location {
  if (!isAbsolute(path) || path.includes('\0')) throw noSense(url)
  const clean = normalize(path).replace(/(?<=.)\/$/, '')
  return kind === 'layout' ? { kind, path: clean } : { kind: 'archive', path: clean }
}

function registryLocation(parsed: URL, url: string): RegistryLocation {
  if (parsed.username !== '' || parsed.password !== '') {
    throw new RestituteError('secret-in-clear', 'source url: it holds a user or a password', {
      hint: 'name a secret "user:password" by reference instead',
    })
  }
  if (parsed.search !== '' || parsed.hash !== '') throw noSense(url)
  const path = parsed.pathname.slice(1)
  const name = path.replace(/\/$/, '')
  if (name !== '' && !isRepository(name)) throw noSense(url)
  const place = { kind: 'registry' as const, origin: new URL('/', parsed) }
  return path === name && name !== ''
    ? { ...place, repository: name, prefix: '' }
    : { ...place, prefix: name === '' ? '' : `${name}/` }
}

function noSense(url: string): RestituteError {
  return new RestituteError('usage', `source url: expected ${forms}, got ${url}`)
}

/** What is said of a place in messages. */
export function nameOf(location: Location): string {
  if (location.kind !== 'registry') return location.path
  return `${location.origin.host}/${location.repository ?? location.prefix}`
}

/** Where it lies: what begins with a prefix of a registry lies in it, but nothing lies in a repository. */
export function placeOf(location: Location): string {
  if (location.kind !== 'registry') return location.path
  const { origin, repository, prefix } = location
  return `oci://${origin.host}/${repository === undefined ? prefix : `${repository}:`}`
}

/**
 * Identity of a registry's repositories, short enough to be typed (R35). A registry says nothing of itself by which
 * another one at the same address could be told from it.
 */
export function registryFingerprint({ origin, repository, prefix }: RegistryLocation): string {
  return fingerprintOfIdentity(`oci\n${origin.host}\n${repository ?? prefix}`)
}
