import { openPackage } from '@restitute/archive'
import {
  asRestituteError,
  counted,
  type Destination,
  type DestinationSpec,
  formatBytes,
  RestituteError,
} from '@restitute/core'
import type { StoredPackage } from '@restitute/destruction'
import { assertApproved, type Dossier, destinationSpec, stateOf } from '@restitute/dossier'
import type { DestinationTerms, PackageRef } from '@restitute/manifest'
import { type Delivered, deliverPackage, type MediumPlan, planMedia, writeMediumList } from '@restitute/run'
import { openCase, operationOf } from '../case.ts'
import { given } from '../command.ts'
import { deliveryPlace } from '../countries.ts'
import { kindOf, placeUrl, sameFolder } from '../destinations.ts'
import { findPackage, openStored } from '../host-packages.ts'
import { holdDisks, isOnThisMachine, serialForm } from '../own-disks.ts'
import { openPackagePlace, openPlace, typedPlace } from '../places.ts'
import { recordMedium } from '../record-medium.ts'
import type { Outcome, Session } from '../session.ts'

/** What `deliver` is told. */
export interface DeliverCommandOptions {
  readonly to: string
  readonly operation?: string
  /** Serial number of a shipped medium. */
  readonly medium?: string
  readonly seal?: string
  readonly carrier?: string
  readonly recipient?: string
  /** ISO 3166-1 alpha-2 code of the place, when the contract does not declare it. */
  readonly country?: string
  /** Bytes per second at most. */
  readonly rate?: number
}

/** Copies every package of the operation to the client's place or medium, checked; cut off, it resumes. */
export async function deliver(session: Session, options: DeliverCommandOptions): Promise<Outcome> {
  const dossier = await openCase(session)
  await using _lock = await dossier.lock()
  const key = await session.actor()
  const { operation, packages } = finishedPackages(dossier, options.operation)
  assertApproved(dossier, operation, key.fingerprint)
  await dossier.ledger.assertMay({ type: 'delivered', key, at: session.clock.now() })
  const { destinations } = dossier.terms.contract
  const { country, ...place } = deliveryPlace(dossier, options.to, options.country)
  const to = place.secret === undefined ? await typedPlace(session, place.url) : await destinationSpec(place)
  await using disks = await holdDisks([to.url])
  const { medium } = options
  const isHere = medium !== undefined && (await isOnThisMachine(to.url, session.dossierDir))
  const plan =
    medium === undefined ? undefined : await lookAtMedium(session, dossier, packages, to, { medium, isHere })
  if (medium !== undefined && !isHere) {
    const begun = { ...options, serial: medium, to: to.url, country, operation, packages }
    await recordMedium(session, dossier, key, 'delivery-started', begun)
  }
  const done: Delivered[] = []
  for (const ref of packages) done.push(await copyOne(session, destinations, ref, to, options.rate))
  await disks.refuseTakenOut()
  const listSha256 = plan && (await writeMediumList(plan))
  await dossier.ledger.append({
    type: 'delivered',
    operation,
    body: {
      packages: packages.map((ref) => ({ ...ref })),
      place: placeUrl(to.url),
      country,
      channel: options.medium === undefined ? kindOf(to.url) : 'medium',
      ...given({ ...options }, 'medium', 'seal', 'carrier', 'recipient'),
      ...(listSha256 !== undefined && { listSha256 }),
    },
    key,
    at: session.clock.now(),
  })
  return {
    exit: 0,
    json: { operation, to: to.url, country, packages: packages.map((ref, i) => ({ ...ref, ...done[i] })) },
    lines: packages.map(
      (ref, i) =>
        `delivered ${ref.package} to ${to.url}: ${counted(done[i]?.files ?? 0, 'file')}, ${formatBytes(done[i]?.bytes ?? 0)} (${done[i]?.skipped} already there)`,
    ),
  }
}

/** The packages of the operation meant; `usage` when there are none yet. */
export function finishedPackages(
  dossier: Dossier,
  named: string | undefined,
): { readonly operation: string; readonly packages: readonly PackageRef[] } {
  const operation = operationOf(dossier, named)
  const { packages } = stateOf(dossier.ledger.events(), operation)
  if (packages.length > 0) return { operation, packages }
  throw new RestituteError('usage', `${operation} has no finished package yet`, {
    hint: 'restitute export makes one',
  })
}

/**
 * Before anything is written: that it is not another medium, by the list that lies on it, and has room for all. Gives the plan by
 * which it gets its own list; nothing for a folder of this machine, from which several media may be written.
 */
async function lookAtMedium(
  session: Session,
  dossier: Dossier,
  packages: readonly PackageRef[],
  to: DestinationSpec,
  { medium: serial, isHere }: { readonly medium: string; readonly isHere: boolean },
): Promise<MediumPlan | undefined> {
  if (isHere)
    session.note(`warning: ${to.url} lies on a disk of this machine: is the medium ${serial} mounted there?`)
  const { destinations } = dossier.terms.contract
  const opened = packages.map((ref) => openStored(session, destinations, ref))
  const root = await session.destinationOf(to)
  const folderOf = (name: string): Promise<Destination> => openPackagePlace(session, to, name)
  const [plan] = await planMedia(await Promise.all(opened), [{ serial, root, folderOf }])
  return isHere || !serialForm.test(serial) ? undefined : plan
}

async function copyOne(
  session: Session,
  destinations: readonly DestinationTerms[],
  ref: PackageRef,
  to: DestinationSpec,
  rate: number | undefined,
): Promise<Delivered> {
  const stored = await findPackage(session, destinations, ref)
  const from = await openPlace(session, destinations, stored.url)
  const there = await openPackagePlace(session, to, ref.package)
  if (!sameFolder(from.url, there.url) && (await areSameFiles(from, there))) throw undelivered(stored, to.url)
  return deliverPackage({
    package: await openPackage(from),
    to: there,
    ...(rate !== undefined && { rate }),
    signal: session.signal,
    progress: session.progress,
  })
}

/** Whether two folders are one under two names: a link, a file system that is mounted twice. No two files changed at the same nanosecond. */
async function areSameFiles(one: Destination, other: Destination): Promise<boolean> {
  if ([one, other].some(({ url }) => kindOf(url) !== 'directory')) return false
  const [mark, same] = await Promise.all([markOfManifest(one), markOfManifest(other)])
  return mark !== undefined && mark === same
}

async function markOfManifest(place: Destination): Promise<string | undefined> {
  try {
    for await (const { name, mark } of place.list({ shallow: true }))
      if (name === 'manifest.json') return mark
    return undefined
  } catch (thrown) {
    if (asRestituteError(thrown).code === 'not-found') return undefined
    throw thrown
  }
}

/** What was delivered nowhere else would be destroyed with the host's copies. */
function undelivered({ package: name, destination, url }: StoredPackage, to: string): RestituteError {
  return new RestituteError('usage', `deliver ${name}: ${to} is the host's own ${url} under another name`, {
    hint: `name another place; where the client takes the packages from ${destination} itself: --to ${destination}`,
  })
}
