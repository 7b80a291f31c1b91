import { openPackage } from '@restitute/archive'
import { RestituteError } from '@restitute/core'
import {
  type Copy,
  copiesOf,
  type DestructionOptions,
  isPackageBegun,
  type Reach,
  type StoredPackage,
} from '@restitute/destruction'
import { type Dossier, mediaOf, operationsOf, signedDocument, stateOf } from '@restitute/dossier'
import type { Manifest, Order, PackageRef, Sha256 } from '@restitute/manifest'
import { type DeliveredJournals, deliveredItems, deliveredLosses, packageUrl } from '@restitute/run'
import { absentPackage, storedPackages } from './host-packages.ts'
import { openPlace } from './places.ts'
import { refuseAbsentPlaces } from './places-put.ts'
import type { Session } from './session.ts'

/** How this session reaches copies. */
export function reachOf(session: Session, { terms }: Dossier): Reach {
  const { connectorOf, signal } = session
  return { connectorOf, placeOf: (url) => openPlace(session, terms.contract.destinations, url), signal }
}

/**
 * The register of copies: what lies there, and what the order names once there is one: that may be gone by now.
 */
export async function registerOf(
  session: Session,
  dossier: Dossier,
  operation: string,
): Promise<readonly Copy[]> {
  const { orderSha256, delivered } = stateOf(dossier.ledger.events(), operation)
  if (orderSha256 === undefined) return freshRegister(session, dossier, operation)
  const { document } = await signedDocument(dossier, 'order', orderSha256)
  const ordered = orderedPackages(dossier, document)
  const others = delivered.filter((ref) => !ordered.some((one) => one.package === ref.package))
  const stored = await storedPackages(session, dossier.terms.contract.destinations, others)
  return register(dossier, operation, [...ordered, ...stored])
}

/** {@link registerOf}, from what lies there now: what a new order can name. Refuses as {@link refuseAbsentPlaces}. */
export async function freshRegister(
  session: Session,
  dossier: Dossier,
  operation: string,
): Promise<readonly Copy[]> {
  await refuseAbsentPlaces(session, dossier, operation)
  const { delivered } = stateOf(dossier.ledger.events(), operation)
  const { destinations } = dossier.terms.contract
  return register(dossier, operation, await storedPackages(session, destinations, delivered))
}

function register(dossier: Dossier, operation: string, packages: readonly StoredPackage[]): readonly Copy[] {
  const events = dossier.ledger.events()
  const { sources } = stateOf(events, operation)
  return copiesOf(dossier.terms.contract, packages, dossier.paths.work, {
    media: mediaOf(events, operation),
    ...(sources === undefined ? {} : { sources }),
  })
}

/** Package copies are named `<destination>/<package>`. */
function orderedPackages(dossier: Dossier, order: Order): StoredPackage[] {
  return order.copies
    .filter(({ kind }) => kind === 'package')
    .flatMap(({ name }) => {
      const destination = dossier.terms.contract.destinations.find((d) => name.startsWith(`${d.name}/`))
      const ref = order.packages.find((p) => name === `${destination?.name}/${p.package}`)
      return destination && ref
        ? [{ ...ref, destination: destination.name, url: packageUrl(destination.url, ref.package) }]
        : []
    })
}

/**
 * The manifests of the delivery, oldest first, from the host's destinations; of a package that an earlier order destroyed, the
 * one that was kept: what a lock held back may outlast that order, and the next one has to name the same delivery.
 */
export async function deliveredManifests(
  session: Session,
  dossier: Dossier,
  operation: string,
): Promise<{ readonly manifest: Manifest; readonly sha256: Sha256 }[]> {
  const { packages } = stateOf(dossier.ledger.events(), operation)
  const { destinations } = dossier.terms.contract
  const found: { manifest: Manifest; sha256: Sha256 }[] = []
  for (const ref of packages) {
    const [stored] = await storedPackages(session, destinations, [ref])
    found.push(
      stored === undefined
        ? await keptManifest(dossier, operation, ref)
        : await openPackage(await openPlace(session, destinations, stored.url)),
    )
  }
  return found
}

/** Throws `not-found` unless it was to be destroyed: of a package that is merely missing nothing is known. */
async function keptManifest(
  dossier: Dossier,
  operation: string,
  ref: PackageRef,
): Promise<{ readonly manifest: Manifest; readonly sha256: Sha256 }> {
  if (!isPackageBegun(dossier.ledger.events(), operation, ref)) throw absentPackage(ref)
  const { document } = await signedDocument(dossier, 'manifest', ref.manifestSha256)
  return { manifest: document, sha256: ref.manifestSha256 }
}

/** The newest order of an operation; `usage` when there is none. */
export function orderOf({ ledger }: Pick<Dossier, 'ledger'>, operation: string): Sha256 {
  const events = ledger.events()
  const { orderSha256 } = stateOf(events, operation)
  if (orderSha256 !== undefined) return orderSha256
  const begun = operationsOf(events)
  const hint = begun.includes(operation)
    ? 'restitute authorise writes it'
    : `nothing has been done in it; --operation ${begun.at(-1) ?? 'R1'} names the last one`
  throw new RestituteError('usage', `${operation} has no order to destroy yet`, { hint })
}

/** What a destruction works on, its journals opened by the caller. */
export async function destructionOptions(
  session: Session,
  dossier: Dossier,
  operation: string,
  journals: () => DeliveredJournals,
  typed: ReadonlyMap<string, string>,
): Promise<DestructionOptions> {
  return {
    dossier,
    operation,
    orderSha256: orderOf(dossier, operation),
    copies: await registerOf(session, dossier, operation),
    delivered: (source) => deliveredItems(journals(), source),
    losses: () => deliveredLosses(journals()),
    typed,
    reach: reachOf(session, dossier),
    clock: session.clock,
    progress: session.progress,
  }
}
