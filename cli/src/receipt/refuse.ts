import type { Package } from '@restitute/archive'
import { RestituteError } from '@restitute/core'
import type { Receipt } from '@restitute/manifest'
import type { Report } from '@restitute/verify'
import type { Answer } from './answer.ts'

/**
 * What is signed must say what is meant: reservations without one and a refusal without a reason give the host nothing
 * to mend; a reservation beside a plain acceptance leaves open which of the two counts. Throws `usage`.
 */
export function refuseContradiction({ decision, reservations }: Answer): void {
  const said = reservations.some((text) => text.trim() !== '')
  if (said !== (decision === 'accepted')) return
  const found = said ? 'a reservation beside it' : decision === 'refused' ? 'no reason' : 'none'
  const decide = said ? ', and decide by --decision reservations or refused' : ''
  throw new RestituteError('usage', `--decision ${decision}: got ${found}`, {
    hint: `name each with --reservation "…"${decide}`,
  })
}

/** A name with a slip in it would leave the source "not checked" in what the client signs. Throws `usage`. */
export function refuseUnknown(packages: readonly Package[], tried: readonly string[]): void {
  const names = [...new Set(packages.flatMap(({ manifest }) => manifest.sources.map(({ name }) => name)))]
  const unknown = tried.find((name) => !names.includes(name))
  if (unknown === undefined) return
  throw new RestituteError('usage', `--tried: no source "${unknown}" in these packages`, {
    hint: `they hold ${names.join(', ')}`,
  })
}

/**
 * Accepting what does not verify would be a false statement: only a refusal may be signed over findings. Throws `invalid`,
 * `origin-unknown`.
 */
export function refuseUnlessFit(reports: readonly Report[], decision: Receipt['decision']): void {
  const bad = reports.find((report) => report.verdict !== 'valid')
  if (bad === undefined || decision === 'refused') return
  if (bad.verdict === 'invalid') {
    throw new RestituteError(
      'invalid',
      `cannot acknowledge: ${bad.findings.find((f) => f.severity === 'error')?.message ?? 'a package is invalid'}`,
      {
        hint: 'restitute verify shows every finding; --decision refused can be signed',
      },
    )
  }
  throw new RestituteError(
    'origin-unknown',
    'cannot acknowledge: it is not established who signed the package',
    {
      hint: "name the key of the host's operator with --signer, or a folder with the signed contract with --dossier",
    },
  )
}
