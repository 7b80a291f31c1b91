import { counted, formatBytes, type Json, RestituteError } from '@restitute/core'
import { assertApproved } from '@restitute/dossier'
import type { PackageRef } from '@restitute/manifest'
import {
  type DeliveredMediumFiles,
  deliverMedium,
  type Medium,
  type MediumPlan,
  planMedia,
} from '@restitute/run'
import { openCase } from '../case.ts'
import { deliveryPlace } from '../countries.ts'
import { placeUrl } from '../destinations.ts'
import { openStored } from '../host-packages.ts'
import { holdDisks, type NamedDisk, refuseAbsentDisks, serialForm } from '../own-disks.ts'
import { openPackagePlace, typedPlace } from '../places.ts'
import { type MediumEvent, recordMedium } from '../record-medium.ts'
import type { Outcome, Session } from '../session.ts'
import { finishedPackages } from './deliver.ts'

/** One medium of several; the n-th of each option belongs to the n-th `--to`. */
export interface MediumOptions {
  readonly to: string
  readonly serial: string
  readonly seal?: string
}

/** What `deliver` is told when it spreads the packages over media. */
export interface DeliverMediaOptions {
  readonly media: readonly MediumOptions[]
  readonly carrier?: string
  readonly recipient?: string
  readonly country?: string
  readonly operation?: string
  readonly rate?: number
  /** Say what would go where, and write nothing. */
  readonly dryRun: boolean
}

/** Spreads the packages over several media, each with the manifest and a list of its own; cut off, it resumes. */
export async function deliverMedia(session: Session, options: DeliverMediaOptions): Promise<Outcome> {
  refuseUnclear(options.media)
  const dossier = await openCase(session)
  await using _lock = await dossier.lock()
  const { operation, packages } = finishedPackages(dossier, options.operation)
  const places = options.media.map(({ to }) => deliveryPlace(dossier, to, options.country))
  const disks = options.media.map(({ serial }, i) => ({ serial, to: places[i]?.url ?? '' }))
  await refuseAbsentDisks(disks, session.dossierDir)
  await using held = await holdDisks(disks.map(({ to }) => to))
  const { destinations } = dossier.terms.contract
  const opened = await Promise.all(packages.map((ref) => openStored(session, destinations, ref)))
  const media = await Promise.all(disks.map((disk) => mediumOf(session, disk)))
  const plans = await planMedia(opened, media)
  if (options.dryRun) return planned(operation, plans)
  const key = await session.actor()
  assertApproved(dossier, operation, key.fingerprint)
  for (const line of plans.map(planLine)) session.note(line)
  const done: DeliveredMediumFiles[] = []
  const { rate } = options
  const watch = { signal: session.signal, progress: session.progress, ...(rate !== undefined && { rate }) }
  const record = async (type: MediumEvent, i: number): Promise<void> => {
    const { serial = '', to = '', seal } = options.media[i] ?? {}
    const about = { ...options, serial, to, seal, country: places[i]?.country ?? '', done: done[i] }
    await recordMedium(session, dossier, key, type, { ...about, operation, packages })
  }
  for (const [i, plan] of plans.entries()) {
    await held.refuseTakenOut()
    await record('delivery-started', i)
    done.push(await deliverMedium(plan, opened, watch))
  }
  await held.refuseTakenOut()
  // Once all media are whole: what is spread counts as delivered only together.
  for (const i of plans.keys()) await record('delivered', i)
  return delivered(operation, packages, done)
}

function refuseUnclear(media: readonly MediumOptions[]): void {
  const odd = media.find(({ serial }) => !serialForm.test(serial))
  if (odd) {
    throw new RestituteError(
      'usage',
      `--medium: expected a serial number of letters, digits, dots and dashes, got "${odd.serial}"`,
      { hint: 'with several --to each needs a --medium, in the same order' },
    )
  }
  const serials = new Set(media.map(({ serial }) => serial))
  const urls = new Set(media.map(({ to }) => placeUrl(to)))
  if (serials.size < media.length || urls.size < media.length)
    throw new RestituteError('usage', 'deliver: each --to and each --medium can be given once')
}

async function mediumOf(session: Session, { to, serial }: NamedDisk): Promise<Medium> {
  const place = await typedPlace(session, to)
  return {
    serial,
    root: await session.destinationOf(place),
    folderOf: (name) => openPackagePlace(session, place, name),
  }
}

function planned(operation: string, plans: readonly MediumPlan[]): Outcome {
  const media = plans.map(
    (plan): Json => ({
      ...{ medium: plan.medium.serial, files: filesIn(plan), bytes: plan.bytes },
      ...(plan.room !== undefined && { room: plan.room }),
    }),
  )
  return { exit: 0, json: { operation, dryRun: true, media }, lines: plans.map(planLine) }
}

function planLine(plan: MediumPlan): string {
  const { medium, bytes, room } = plan
  const of = room === undefined ? '' : ` of ${formatBytes(room)} there is room for`
  return `${medium.serial}  ${counted(filesIn(plan), 'file')}, ${formatBytes(bytes)}${of}`
}

function filesIn({ files }: MediumPlan): number {
  return [...files.values()].reduce((sum, all) => sum + all.length, 0)
}

function delivered(
  operation: string,
  packages: readonly PackageRef[],
  done: readonly DeliveredMediumFiles[],
): Outcome {
  return {
    exit: 0,
    json: {
      operation,
      packages: packages.map((ref): Json => ({ ...ref })),
      media: done.map((one): Json => ({ ...one })),
    },
    lines: done.map(
      (one) =>
        `delivered to ${one.serial}: ${counted(one.files, 'file')}, ${formatBytes(one.bytes)} (${one.skipped} already there); its list ${one.list} has the sha256 ${one.listSha256}`,
    ),
  }
}
