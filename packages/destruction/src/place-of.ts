import type { Copy } from './copies.ts'
import type { Reach } from './reach.ts'

/** Where a copy lies: a path of this machine, or what its kind calls a place. */
export async function placeOf(copy: Copy, connectorOf: Reach['connectorOf']): Promise<string | undefined> {
  const { source, kind, url = '' } = copy
  if (source !== undefined) return (await connectorOf(source.url)).place?.(source.url)
  if (kind === 'work') return url
  return url.startsWith('directory:') ? url.slice('directory:'.length) : undefined
}
