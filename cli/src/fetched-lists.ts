import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openPackage } from '@restitute/archive'
import type { Destination } from '@restitute/core'
import { fileBytes } from './file-bytes.ts'
import type { Session } from './session.ts'
import { readSigned } from './signed-files.ts'
import type { Trusting } from './trust.ts'

/** Where the time stamps lie whose authorities are meant. */
export type StampPlace =
  | { readonly folder: string }
  | { readonly file: string }
  | { readonly package: Destination }

/** Fetches the revocation lists of the trusted authorities of these time stamps. Errors: `timestamp-failed`. */
export async function fetchedLists(
  { signal }: Session,
  place: StampPlace,
  trust: Trusting,
): Promise<Uint8Array[]> {
  const tokens = await stampsAt(place)
  const { fetchRevocationLists } = await import('@restitute/seal/x509')
  return fetchRevocationLists({ tokens, roots: trust.package.authorities ?? [], signal })
}

async function stampsAt(place: StampPlace): Promise<Uint8Array[]> {
  if ('package' in place) return stampsOf((await openPackage(place.package)).signatures)
  if ('file' in place) {
    return [...stampsOf((await readSigned(place.file)).signatures), ...(await stampsIn(dirname(place.file)))]
  }
  return stampsIn(place.folder)
}

function stampsOf(signatures: readonly { readonly stamp?: Uint8Array }[]): Uint8Array[] {
  return signatures.flatMap(({ stamp }) => stamp ?? [])
}

async function stampsIn(folder: string): Promise<Uint8Array[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.tsr')).sort()
  return Promise.all(names.slice(0, most).map((name) => fileBytes(join(folder, name))))
}

/** A case has some dozens. */
const most = 1000
