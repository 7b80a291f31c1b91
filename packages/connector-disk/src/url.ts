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
  /** Further folders in which the machine's own files may lie. */
  readonly folders: readonly string[]
  /** Folders in which backing files may lie that other machines use, too: they are never destroyed. */
  readonly backing: readonly string[]
  /** What is done to the blocks of a file before its name is removed. */
  readonly destroy?: 'overwrite' | 'discard'
  /** Folder of the state of the machine's TPM, where its description does not say it. */
  readonly tpm?: string
  /** What becomes of internal snapshots: `all` exports each, `none` leaves them out as agreed. */
  readonly snapshots?: 'all' | 'none'
}

const known = new Set(['format', 'folder', 'backing', 'snapshots', 'tpm', 'destroy'])

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
    folders: given.getAll('folder').map((folder) => absolute(url, folder)),
    backing: given.getAll('backing').map((folder) => absolute(url, folder)),
    ...tpmIn(url, given.get('tpm')),
    ...formatIn(url, given.get('format')),
    ...oneOf(url, 'snapshots', given.get('snapshots'), ['all', 'none'] as const),
    ...oneOf(url, 'destroy', given.get('destroy'), ['overwrite', 'discard'] as const),
  }
}

function formatIn(url: string, name: string | null): Pick<DiskUrl, 'format'> {
  if (name === null) return {}
  const format = formatNamed(name)
  if (format === undefined) throw wrong(url, `unknown format "${name}"`)
  return { format }
}

function oneOf<K extends string, T extends string>(
  url: string,
  key: K,
  value: string | null,
  values: readonly T[],
): { [key in K]?: T } {
  if (value === null) return {}
  const found = values.find((one) => one === value)
  if (found === undefined) throw wrong(url, `${key}: expected ${values.join(' or ')}, got "${value}"`)
  return { [key]: found } as { [key in K]?: T }
}

function tpmIn(url: string, folder: string | null): Pick<DiskUrl, 'tpm'> {
  return folder === null ? {} : { tpm: absolute(url, folder) }
}

function absolute(url: string, folder: string): string {
  if (!isAbsolute(folder) || folder.includes('\0'))
    throw wrong(url, `expected an absolute path, got ${folder}`)
  return normalize(folder)
}

function wrong(url: string, what: string): RestituteError {
  return new RestituteError('usage', `source url ${url}: ${what}`, {
    hint: 'options are format, folder, backing, snapshots, tpm and destroy: disk:/srv/vm/guest.qcow2?format=qcow2',
  })
}
