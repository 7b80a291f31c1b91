import { readlink, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { RestituteError } from '@restitute/core'
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
  return folderFingerprint(dirname(await behindLink(place)))
}

async function placeOf(copy: Copy, connectorOf: Reach['connectorOf']): Promise<string | undefined> {
  const { source, url = '' } = copy
  if (source !== undefined) return (await connectorOf(source.url)).place?.(source.url)
  // The work folder lies in the dossier, which is there.
  return url.startsWith('directory:') ? url.slice('directory:'.length) : undefined
}

/** What is gone cannot be followed any more; a link to it can. */
async function behindLink(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined)
  if (real !== undefined) return real
  const target = await readlink(path).catch(() => undefined)
  return target === undefined ? path : resolve(dirname(path), target)
}

/** Whether a copy would lie in another folder now than when its destruction began last; not where nobody wrote that down. */
export async function isMoved(events: readonly LedgerEvent[], copy: Copy, reach: Reach): Promise<boolean> {
  const begun = events.findLast(
    ({ type, body }) => type === 'destruction-started' && body['copy'] === copy.name,
  )
  const before = begun?.body['folder']
  return before !== undefined && (await holdingFolder(copy, reach)) !== before
}

/** The refusal to take a copy for gone whose folder is not there. */
export function notMounted({ name }: Copy): RestituteError {
  return new RestituteError(
    'source-unreachable',
    `copy ${name}: the folder in which it lay when its destruction began is not there`,
    {
      hint: 'mount its file system again: what is left of the copy may still be on it; where that is lost, authorise --copy orders the rest, and a declaration says what became of this one',
    },
  )
}
