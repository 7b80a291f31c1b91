import { isoTime, RestituteError } from '@restitute/core'
import type { IsoTime } from '@restitute/manifest'
import { clockTolerance } from './moment.ts'

/**
 * Throws `signature-invalid` for a time of signing that is still to come: periods would be counted from there, and nothing
 * that the client signs before it would count as newer.
 */
export function assertNotAhead(name: string, signedAt: IsoTime, at: Date): void {
  if (signedAt === '' || Date.parse(signedAt) <= at.getTime() + clockTolerance) return
  throw new RestituteError(
    'signature-invalid',
    `${name}: the client's signature says ${signedAt}, the clock of this machine ${isoTime(at)}: one of the two is wrong`,
    {
      hint: "set the clock that is wrong; where it is the client's, have it signed again",
      details: { signedAt, at: isoTime(at) },
    },
  )
}
