import { dirname, isAbsolute } from 'node:path'
import { endOfLinks, RestituteError, type Sighting } from '@restitute/core'
import type { LedgerEvent } from '@restitute/manifest'
import type { Copy } from './copies.ts'
import { folderFingerprint } from './fingerprints.ts'
import type { Reach } from './reach.ts'

/**
 * The fingerprint of the folder in which a copy lies, as files of this machine do; undefined for any other. Where the file system
 * of a copy is not mounted, its place may look like one from which it is gone: but that is another folder.
 */
export async function holdingFolder(copy: Copy, { connectorOf }: Reach): Promise<string | undefined> {
  const place = await placeOf(copy, connectorOf)
  // The system makes its devices, and the folders of their names, anew.
  if (place === undefined || !isAbsolute(place) || place.startsWith('/dev/')) return undefined
  return folderFingerprint(dirname(await endOfLinks(place).catch(() => place)))
}

async function placeOf(copy: Copy, connectorOf: Reach['connectorOf']): Promise<string | undefined> {
  const { source, url = '' } = copy
  if (source !== undefined) return (await connectorOf(source.url)).place?.(source.url)
  // The work folder lies in the dossier, which is there.
  return url.startsWith('directory:') ? url.slice('directory:'.length) : undefined
}

/** What is another one than when the destruction of a copy began. */
export type Elsewhere = 'folder' | 'server'

/**
 * What is not as it was when the destruction of a copy began last, so that it may still be there though it is not seen: the folder in
 * which it would lie now, or the server that answered. Undefined where neither is so, or nobody wrote it down.
 */
export async function elsewhere(
  events: readonly LedgerEvent[],
  copy: Copy,
  reach: Reach,
  seen: Pick<Sighting, 'server'>,
): Promise<Elsewhere | undefined> {
  const begun = events.findLast(
    ({ type, body }) => type === 'destruction-started' && body['copy'] === copy.name,
  )
  const { folder, server } = begun?.body ?? {}
  if (folder !== undefined && (await holdingFolder(copy, reach)) !== folder) return 'folder'
  return server !== undefined && seen.server !== undefined && seen.server !== server ? 'server' : undefined
}

const rest = 'authorise --copy orders the rest, and a declaration says what became of this one'
const refusals: Readonly<Record<Elsewhere, { readonly found: string; readonly hint: string }>> = {
  folder: {
    found: 'the folder in which it lay when its destruction began is not there',
    hint: `mount its file system again: what is left of the copy may still be on it; where that is lost, ${rest}`,
  },
  server: {
    found: 'another server answers than the one on which its destruction began',
    hint: `make its address lead to that one again: the copy may still be on it; where that is lost, ${rest}`,
  },
}

/** The refusal to take a copy for gone that may be elsewhere, as `source-unreachable`. */
export function mayBeThere({ name }: Copy, where: Elsewhere): RestituteError {
  const { found, hint } = refusals[where]
  return new RestituteError('source-unreachable', `copy ${name}: ${found}`, { hint })
}
