import type { DestinationSpec } from '@restitute/core'
import { readingThreads } from '@restitute/run'
import { type PackageCheck, type Report, verifyPackage } from '@restitute/verify'
import type { Session } from './session.ts'

/** Verifies a package on all cores. */
export async function checkPackage(
  session: Session,
  place: DestinationSpec,
  o: Pick<PackageCheck, 'trust' | 'opener' | 'known' | 'partial'>,
): Promise<Report> {
  const destination = await session.destinationOf(place)
  await using threads = readingThreads(session.workerUrl, place, destination)
  const { signal, progress } = session
  return await verifyPackage({ ...o, destination, workers: threads.verify, signal, progress })
}
