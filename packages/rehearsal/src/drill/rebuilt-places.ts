import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConnectorOf, RestituteError, systemCode } from '@restitute/core'
import { folderHolding } from '@restitute/destruction'

/** Where a rehearsal rebuilds a source outside its own folder. */
export interface RebuiltPlace {
  readonly source: string
  readonly url: string
  /** Of what it has built there; absent until that is whole. */
  readonly fingerprint?: string
  /** Of the folder in which that lies, where it is one of this machine. */
  readonly folder?: string
}

/** File of a rehearsal's folder with one place per line: whoever clears up after a kill looks there. */
const placesFile = 'rebuilt'

/** Writes down a place, to be found after a kill and a loss of power, too: what lies there is patients' data in clear. */
export async function sayRebuilt(folder: string, place: RebuiltPlace): Promise<void> {
  await using file = await open(join(folder, placesFile), 'a', 0o600)
  await file.appendFile(`${JSON.stringify(place)}\n`)
  await file.sync()
}

/** What was last written of each place; a line that a kill cut short is none. */
export async function rebuiltIn(folder: string): Promise<RebuiltPlace[]> {
  const text = await readFile(join(folder, placesFile), 'utf8').catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error
    return ''
  })
  const lines = text.split('\n').slice(0, -1)
  const places = lines.map((line) => JSON.parse(line) as RebuiltPlace)
  return [...new Map(places.map((place) => [place.source, place])).values()]
}

/**
 * Throws `source-unreachable` where the folder in which it was built is not in its place any more: where its disk is not mounted, that
 * place looks like one from which it is gone.
 */
export async function assertPlaceThere(
  { url, folder }: RebuiltPlace,
  connectorOf: ConnectorOf,
): Promise<void> {
  if (folder === undefined || folder === (await folderHolding(url, connectorOf))) return
  throw new RestituteError('source-unreachable', 'the folder in which it lay is not there')
}
