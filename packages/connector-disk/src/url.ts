import { isAbsolute, normalize } from 'node:path'
import { RestituteError } from '@restitute/core'
import { formatNamed, type ImageFormat } from './image/formats.ts'

/** What a `disk:` URL says. */
export interface DiskUrl {
  /** Absolute path of an image, a folder or a machine description, without a final `/`. */
  readonly path: string
  /** Whether the URL ends in `/`: a folder is meant, also where there is nothing yet. */
  readonly folder: boolean
  /** Of the one image that the URL points at, or that a restoration is to write. */
  readonly format?: ImageFormat
  /** Folders outside the machine's own in which backing files may lie; these are shared, and never destroyed. */
  readonly backing: readonly string[]
  /** What becomes of internal snapshots: `all` exports each, `none` leaves them out as agreed. */
  readonly snapshots?: 'all' | 'none'
}

const known = new Set(['format', 'backing', 'snapshots'])

/** Reads `disk:/absolute/path?format=qcow2&backing=/srv/templates&snapshots=all`; throws `usage`. */
export function parseUrl(url: string): DiskUrl {
  const [, path = '', query = ''] = /^disk:([^?]*)\??(.*)$/s.exec(url) ?? []
  if (!isAbsolute(path) || path.includes('\0') || normalize(path) === '/') {
    throw wrong(url, 'expected disk:/absolute/path')
  }
  const given = new URLSearchParams(query)
  const unknown = [...given.keys()].find((key) => !known.has(key))
  if (unknown !== undefined) throw wrong(url, `unknown option "${unknown}"`)
  const clean = normalize(path)
  return {
    path: clean.replace(/\/$/, ''),
    folder: clean.endsWith('/'),
    backing: given.getAll('backing').map((folder) => absolute(url, folder)),
    ...formatIn(url, given.get('format')),
    ...snapshotsIn(url, given.get('snapshots')),
  }
}

function formatIn(url: string, name: string | null): Pick<DiskUrl, 'format'> {
  if (name === null) return {}
  const format = formatNamed(name)
  if (format === undefined) throw wrong(url, `unknown format "${name}"`)
  return { format }
}

function snapshotsIn(url: string, value: string | null): Pick<DiskUrl, 'snapshots'> {
  if (value === null) return {}
  if (value !== 'all' && value !== 'none') throw wrong(url, `snapshots: expected all or none, got "${value}"`)
  return { snapshots: value }
}

function absolute(url: string, folder: string): string {
  if (!isAbsolute(folder) || folder.includes('\0')) throw wrong(url, 'backing: expected an absolute path')
  return normalize(folder)
}

function wrong(url: string, what: string): RestituteError {
  return new RestituteError('usage', `source url ${url}: ${what}`, {
    hint: 'options are format, backing and snapshots: disk:/srv/vm/guest.qcow2?format=qcow2',
  })
}
