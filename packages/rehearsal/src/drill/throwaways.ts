import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  asRestituteError,
  type Destination,
  type Destroyer,
  type Prober,
  RestituteError,
  type Sighting,
  systemCode,
} from '@restitute/core'
import {
  filesIn,
  folderDestroyer,
  folderProber,
  packageDestroyer,
  packageProber,
} from '@restitute/destruction'
import { packageUrl } from '@restitute/run'
import type { DrillOptions } from './options.ts'
import { assertPlaceThere, type RebuiltPlace, sayRebuilt } from './rebuilt-places.ts'
import type { Rebuilt, RebuiltSoFar } from './restore-samples.ts'
import type { Steps } from './steps.ts'

/** A throwaway copy of a rehearsal, and what was seen of it after its destruction. */
export interface DestroyedThrowaway {
  readonly copy: string
  readonly technique: string
  readonly state: Sighting['state']
}

/** File of a rehearsal's folder with the URL of the place where its packages go: whoever clears up after a kill looks there. */
export const placeFile = 'place'

/** Makes the folder of a rehearsal and writes down where its packages go; throws `destination-full`, `destination-failed`. */
export async function sayPlace({ folder, place }: Pick<DrillOptions, 'folder' | 'place'>): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(join(folder, placeFile), place.url)
  } catch (cause) {
    const why = systemCode(cause) ?? 'failed'
    const code = why === 'ENOSPC' || why === 'EDQUOT' ? 'destination-full' : 'destination-failed'
    throw new RestituteError(code, `rehearsal: ${folder} cannot be written to (${why})`, { cause })
  }
}

/** The packages that a rehearsal makes: that of the sample, and the older one that a harm takes a file from. */
export function packagesOf(name: string): readonly [string, string] {
  return [`${name}-0001`, `${name}R-0001`]
}

/** What a rehearsal has made so far beside its folder. */
export interface Made extends RebuiltSoFar {
  /** Names of packages. */
  readonly packages: string[]
}

/**
 * Destroys everything that a rehearsal made, as copies are destroyed at the end of a contract, and looks again. What was rebuilt and is not
 * known to be gone stays written down: the next rehearsal takes it up, or says that it cannot.
 */
export async function destroyThrowaways(
  o: DrillOptions,
  { rebuilt, unfinished, packages }: Made,
  steps: Steps,
): Promise<DestroyedThrowaway[]> {
  const started = performance.now()
  const gone: DestroyedThrowaway[] = []
  const destroy = async (copy: string, open: () => Promise<Opened>): Promise<boolean> => {
    // Not as a step: of an interrupted rehearsal, too, one copy that cannot be destroyed keeps no other one.
    const done = await destroyOne(copy, open, o.signal).catch(asRestituteError)
    if (done instanceof RestituteError) fail(done.code, `${copy}: ${done.message}`)
    else gone.push(done)
    if ('state' in done && done.state !== 'absent') fail('destroy-failed', `${copy}: still ${done.state}`)
    return 'state' in done && done.state === 'absent'
  }
  // An interrupted rehearsal has no report: who sees it must hear of what is left.
  const fail = (code: string, message: string): void => {
    steps.fail('destroy', code, message)
    o.note(`not destroyed: ${message}`)
  }
  const left: RebuiltPlace[] = []
  for (const one of rebuilt) {
    const { place } = one
    if (!(await destroy(`restored ${place.source}`, () => restoredCopy(o, one)))) left.push(place)
  }
  for (const place of unfinished) {
    const lost = await assertPlaceThere(place, o.connectorOf).catch(asRestituteError)
    if (!lost) continue
    fail(lost.code, `what was restored of ${place.source} before it failed: ${lost.message}`)
    left.push(place)
  }
  for (const name of packages) await destroy(`package ${name}`, () => packageCopy(o, name))
  await destroy('folder of the rehearsal', async () => ({
    destroyer: await folderDestroyer(o.folder),
    prober: folderProber(o.folder),
  }))
  if (left.length > 0) await sayLeft(o, left)
  steps.measure('destroy', started, { items: gone.length, bytesIn: 0, bytesOut: 0 })
  return gone
}

async function sayLeft(o: DrillOptions, left: readonly RebuiltPlace[]): Promise<void> {
  await sayPlace(o)
  for (const place of left) await sayRebuilt(o.folder, place)
}

/** A copy, ready to be destroyed and looked for. */
export interface Opened {
  readonly destroyer: Destroyer
  readonly prober: Prober
  /** Throws where it only looks absent. */
  readonly assertThere?: () => Promise<void>
}

async function destroyOne(
  copy: string,
  open: () => Promise<Opened>,
  signal: AbortSignal,
): Promise<DestroyedThrowaway> {
  const { destroyer, prober, assertThere } = await open()
  await using _destroyer = destroyer
  await using _prober = prober
  for await (const _step of destroyer.destroy(signal));
  const { state } = await prober.look(signal)
  await assertThere?.()
  return { copy, technique: destroyer.method.technique, state }
}

async function restoredCopy(o: DrillOptions, { target, place }: Rebuilt): Promise<Opened> {
  const connector = await o.connectorOf(target.url)
  return {
    destroyer: await connector.destroyer(target, o.signal),
    prober: await connector.prober(target, o.signal),
    assertThere: () => assertPlaceThere(place, o.connectorOf),
  }
}

async function packageCopy(o: DrillOptions, name: string): Promise<Opened> {
  return throwawayPackage(await o.destinationOf({ ...o.place, url: packageUrl(o.place.url, name) }))
}

/** A package of a rehearsal, whole or not: an export that did not reach its end leaves files that no manifest names. */
export async function throwawayPackage(destination: Destination): Promise<Opened> {
  const files = await filesIn(destination)
  if (!files.some(({ name }) => name === 'manifest.json')) {
    for (const { name } of files) await destination.remove(name)
  }
  return { destroyer: await packageDestroyer(destination), prober: packageProber(destination) }
}
