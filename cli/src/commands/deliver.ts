import { openPackage } from '@restitute/archive'
import { counted, type DestinationSpec, formatBytes, RestituteError } from '@restitute/core'
import { assertApproved, destinationSpec, stateOf } from '@restitute/dossier'
import type { DestinationTerms, PackageRef } from '@restitute/manifest'
import { type Delivered, deliverPackage } from '@restitute/run'
import { openCase, operationOf } from '../case.ts'
import { type CommandDefinition, given, secretOption, text } from '../command.ts'
import { deliveryPlace } from '../countries.ts'
import { kindOf, placeUrl } from '../destinations.ts'
import { findPackage } from '../host-packages.ts'
import { openPackagePlace, openPlace, typedPlace } from '../places.ts'
import { rateOf } from '../rates.ts'
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
  const operation = operationOf(dossier, options.operation)
  assertApproved(dossier, operation, key.fingerprint)
  const { packages } = stateOf(dossier.ledger.events(), operation)
  if (packages.length === 0) {
    throw new RestituteError('usage', `${operation} has no finished package yet`, {
      hint: 'restitute export makes one',
    })
  }
  const { destinations } = dossier.terms.contract
  const { country, ...place } = deliveryPlace(dossier, options.to, options.country)
  const to = place.secret === undefined ? await typedPlace(session, place.url) : await destinationSpec(place)
  const done: Delivered[] = []
  for (const ref of packages) done.push(await copyOne(session, destinations, ref, to, options.rate))
  await dossier.ledger.append({
    type: 'delivered',
    operation,
    body: {
      packages: packages.map((ref) => ({ ...ref })),
      place: placeUrl(to.url),
      country,
      channel: options.medium === undefined ? kindOf(to.url) : 'medium',
      ...given({ ...options }, 'medium', 'seal', 'carrier', 'recipient'),
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

async function copyOne(
  session: Session,
  destinations: readonly DestinationTerms[],
  ref: PackageRef,
  to: DestinationSpec,
  rate: number | undefined,
): Promise<Delivered> {
  const stored = await findPackage(session, destinations, ref)
  return deliverPackage({
    package: await openPackage(await openPlace(session, destinations, stored.url)),
    to: await openPackagePlace(session, to, ref.package),
    ...(rate !== undefined && { rate }),
    signal: session.signal,
    progress: session.progress,
  })
}

/** `restitute deliver`. */
export const deliverCommand: CommandDefinition = {
  name: 'deliver',
  args: '',
  summary: "copy the packages to the client's place or medium, checked and resumable",
  options: [
    {
      flags: '--to <url>',
      description:
        'directory:, s3: or sftp: place of the client, mounted medium, or a destination of the contract by name',
      required: true,
    },
    {
      flags: '--medium <serial>',
      description: 'serial number of a shipped medium: a copy until its end is declared',
    },
    { flags: '--seal <number>', description: 'seal of the medium' },
    { flags: '--carrier <text>', description: 'who carries the medium' },
    { flags: '--recipient <text>', description: 'who receives it' },
    {
      flags: '--country <code>',
      description: 'country of the place, two letters, when the contract does not declare it',
    },
    { flags: '--rate <rate>', description: 'not faster than this, for instance 20MB/s' },
    { flags: '--operation <name>', description: 'which restitution (default: the current one)' },
    secretOption,
  ],
  examples: [
    'restitute deliver --dossier chu --as operator.key --to directory:/mnt/client --country FR',
    'restitute deliver --dossier chu --as operator.key --to "s3://bucket/chu?region=eu-west-3" --secret env:S3_KEY --country FR --rate 20MB/s',
    'restitute deliver --dossier chu --as operator.key --to directory:/media/disk1 --medium WX-1234 --seal 0071 --carrier Courier --country FR',
  ],
  run: (session, _args, options) =>
    deliver(session, {
      to: text(options, 'to') ?? '',
      ...chosenRate(text(options, 'rate')),
      ...given(options, 'medium', 'seal', 'carrier', 'recipient', 'country', 'operation'),
    }),
}

function chosenRate(typed: string | undefined): { rate?: number } {
  return typed === undefined ? {} : { rate: rateOf(typed) }
}
