import type { Dossier } from '@restitute/dossier'
import type { PackageRef } from '@restitute/manifest'
import type { DeliveredMediumFiles } from '@restitute/run'
import type { PrivateKey } from '@restitute/seal'
import { placeUrl } from './destinations.ts'
import type { Session } from './session.ts'

/**
 * What the ledger says of a medium: `delivery-started` before anything is written to it, since that of a delivery that is cut off and given up
 * holds packages like any other, and somebody has to say what became of it; then that it was handed over.
 */
export type MediumEvent = 'delivery-started' | 'delivered'

/** A medium with what goes on it. */
export interface RecordedMedium {
  readonly serial: string
  readonly to: string
  readonly country: string
  readonly seal?: string | undefined
  readonly carrier?: string | undefined
  readonly recipient?: string | undefined
  readonly operation: string
  readonly packages: readonly PackageRef[]
  readonly done?: Pick<DeliveredMediumFiles, 'files' | 'bytes' | 'listSha256'> | undefined
}

/** Has the ledger say it. */
export async function recordMedium(
  session: Session,
  { ledger }: Dossier,
  key: PrivateKey,
  type: MediumEvent,
  { to, serial, seal, carrier, recipient, country, operation, packages, done }: RecordedMedium,
): Promise<void> {
  await ledger.append({
    type,
    operation,
    body: {
      packages: packages.map((ref) => ({ ...ref })),
      ...{ place: placeUrl(to), country, channel: 'medium', medium: serial },
      ...(seal !== undefined && { seal }),
      ...(carrier !== undefined && { carrier }),
      ...(recipient !== undefined && { recipient }),
      ...(done && { files: done.files, bytes: done.bytes, listSha256: done.listSha256 }),
    },
    key,
    at: session.clock.now(),
  })
}
