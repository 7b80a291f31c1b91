import { openPackage, type Package } from '@restitute/archive'
import { RestituteError } from '@restitute/core'
import { openTyped } from './places.ts'
import type { Session } from './session.ts'

/** Opens packages by path or URL, in the order of their place in the delivery. */
export async function openPackages(session: Session, paths: readonly string[]): Promise<Package[]> {
  if (paths.length === 0) throw new RestituteError('usage', 'expected at least one package')
  const packages = await Promise.all(paths.map(async (path) => openPackage(await openTyped(session, path))))
  return packages.sort((a, b) => a.manifest.sequence - b.manifest.sequence)
}
