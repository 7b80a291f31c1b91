import { RestituteError } from '@restitute/core'
import type { Job } from './job.ts'
import type { LiveSource } from './live-source.ts'

/**
 * Refuses (`guard-refused`, guard `tenant`) a source at whose address another system is seen than the one that host and client have signed for, or
 * that the package was made of which this one continues: after a restart of the machine the disks of two clients may be mounted in each other's
 * places, and what is another client's is not to be read, less to be handed over.
 */
export function refuseOther({ options, base }: Job, { key, opened }: LiveSource): void {
  const { fingerprint: got } = opened.view
  const known = {
    'the signed scope': options.scoped?.get(key),
    'the package that this one continues': base?.source(key)?.row.view.fingerprint,
  }
  for (const [of, expected] of Object.entries(known))
    if (expected !== undefined && expected !== got) throw another(key, of, expected, got)
}

function another(source: string, of: string, expected: string, got: string): RestituteError {
  return new RestituteError(
    'guard-refused',
    `source ${source}: expected ${expected}, the system of ${of}, got another one, ${got}`,
    {
      hint: 'see which disk is mounted there, and where its address leads; where this is the one that is meant, have a new scope signed (restitute inventory --scope), and export without --since',
      details: { guard: 'tenant' },
    },
  )
}
