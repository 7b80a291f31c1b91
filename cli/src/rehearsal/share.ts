import { addDuration, parseDuration, RestituteError } from '@restitute/core'
import type { Dossier } from '@restitute/dossier'
import { type Rehearsal, usualSample } from '@restitute/manifest'

/** To begin with, where nothing was measured that would tell how much fits into a time. */
const careful = 0.01
const leastShare = 0.001
const leastPercent = 0.001

/** Share of each source to take: as asked, as fits into the time asked for, by the contract, or a twentieth. */
export function shareFor(
  { terms }: Pick<Dossier, 'terms'>,
  asked: { readonly sample?: string; readonly for?: string },
  past: readonly Rehearsal[],
): number {
  if (asked.sample !== undefined) return parseShare(asked.sample)
  if (asked.for !== undefined) return shareIn(secondsOf(asked.for), past)
  return parseShare(terms.contract.rehearsal?.sample ?? usualSample)
}

/** Reads `5%`; throws `usage` for anything but 0.001 to 100. */
export function parseShare(typed: string): number {
  const percent = Number(/^(\d+(?:\.\d+)?)%$/.exec(typed)?.[1])
  if (percent >= leastPercent && percent <= 100) return percent / 100
  throw new RestituteError('usage', `--sample: expected a share such as 5% (at most 100%), got "${typed}"`)
}

function secondsOf(typed: string): number {
  const start = new Date(0)
  return addDuration(start, parseDuration(typed)).getTime() / 1000
}

/** The last drill tells what a share costs by the clock: its time, less what does not depend on the share. */
function shareIn(seconds: number, past: readonly Rehearsal[]): number {
  const last = past.findLast(({ forecast }) => forecast)
  if (!last) return careful
  const took = (Date.parse(last.endedAt) - Date.parse(last.startedAt)) / 1000
  const fixed = last.measurements
    .filter(({ stage }) => stage === 'inventory')
    .reduce((sum, one) => sum + one.busySeconds, 0)
  const perShare = Math.max(1, took - fixed) / last.share
  return Math.min(1, Math.max(leastShare, (seconds - fixed) / perShare))
}
