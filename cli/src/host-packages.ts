import { openPackage, type Package } from '@restitute/archive'
import { asRestituteError, RestituteError } from '@restitute/core'
import type { StoredPackage } from '@restitute/destruction'
import type { DestinationTerms, PackageRef } from '@restitute/manifest'
import { packageUrl } from '@restitute/run'
import { openPlace } from './places.ts'
import type { Session } from './session.ts'

/** Where a package of this delivery lies in the host's destinations; `not-found` when nowhere. */
export async function findPackage(
  session: Session,
  destinations: readonly DestinationTerms[],
  ref: PackageRef,
): Promise<StoredPackage> {
  const [found] = await storedPackages(session, destinations, [ref])
  if (found !== undefined) return found
  throw absentPackage(ref)
}

/** The same, opened. */
export async function openStored(
  session: Session,
  destinations: readonly DestinationTerms[],
  ref: PackageRef,
): Promise<Package> {
  const { url } = await findPackage(session, destinations, ref)
  return openPackage(await openPlace(session, destinations, url))
}

/** That a package lies nowhere. */
export function absentPackage(ref: PackageRef): RestituteError {
  return new RestituteError('not-found', `package ${ref.package} lies in none of the contract's destinations`)
}

/** Every place in the host's destinations where these packages still lie. */
export async function storedPackages(
  session: Session,
  destinations: readonly DestinationTerms[],
  refs: readonly PackageRef[],
): Promise<StoredPackage[]> {
  const found: StoredPackage[] = []
  for (const ref of refs) {
    for (const { name, url } of destinations) {
      const place = packageUrl(url, ref.package)
      const opened = await openIfThere(session, destinations, place)
      if (opened?.sha256 === ref.manifestSha256) found.push({ ...ref, destination: name, url: place })
    }
  }
  return found
}

async function openIfThere(
  session: Session,
  destinations: readonly DestinationTerms[],
  url: string,
): Promise<Package | undefined> {
  try {
    return await openPackage(await openPlace(session, destinations, url))
  } catch (thrown) {
    if (asRestituteError(thrown).code === 'not-found') return undefined
    throw thrown
  }
}
