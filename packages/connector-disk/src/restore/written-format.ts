import type { SourceSpec } from '@restitute/core'
import { formatOfName, type ImageFormat } from '../image/formats.ts'
import { type DiskUrl, parseUrl } from '../url.ts'

/** The format that a restoration writes: what the URL says, else what the name of the target promises, else raw. */
export function writtenFormat({ format, folder, path }: DiskUrl): ImageFormat {
  return format ?? (folder ? undefined : formatOfName(path)) ?? 'raw'
}

/** A target as its content has to be read: its name alone need not tell that it is raw. */
export function asWritten(target: SourceSpec): SourceSpec {
  const url = parseUrl(target.url)
  if (url.format !== undefined) return target
  const sign = target.url.includes('?') ? '&' : '?'
  return { ...target, url: `${target.url}${sign}format=${writtenFormat(url)}` }
}
