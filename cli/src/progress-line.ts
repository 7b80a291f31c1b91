import { counted, formatBytes, formatSeconds, type Progress, type ProgressReport } from '@restitute/core'

const terminalEvery = 200
const plainEvery = 10_000
/** Where there is no terminal, while nothing moves: a night's waiting must not fill a log. */
const waitingEvery = 600_000

/** A progress display, and how to end it. */
export interface ProgressDisplay {
  readonly progress: Progress
  /** Clears the line, so that results start on a line of their own. */
  readonly end: () => void
}

/** One line kept up to date on a terminal; a plain line every ten seconds (ten minutes) where there is none. */
export function progressDisplay(stream: NodeJS.WriteStream, quiet: boolean): ProgressDisplay {
  if (quiet) return { progress: () => {}, end: () => {} }
  const terminal = stream.isTTY === true
  const starts = startsOf()
  let last = terminal ? 0 : Date.now()
  let shown = false
  let lastBytes = -1
  const progress: Progress = (report) => {
    const now = Date.now()
    const start = starts(report, now)
    const waits = report.note !== undefined && report.doneBytes === lastBytes
    if (now - last < (terminal ? terminalEvery : waits ? waitingEvery : plainEvery)) return
    last = now
    lastBytes = report.doneBytes
    shown = terminal
    const line = progressText(report, (now - start.at) / 1000, start)
    stream.write(terminal ? `\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`)
  }
  return { progress, end: () => void (shown && stream.write('\r\x1b[2K')) }
}

/** Where a piece of work began. */
interface Start {
  readonly bytes: number
  readonly items: number
}

/** Where and when each piece of work began: what counts less than before has begun anew. */
function startsOf(): (report: ProgressReport, now: number) => Start & { readonly at: number } {
  const seen = new Map<string, Start & { readonly at: number; latest: number }>()
  return ({ task, subject, doneBytes, doneItems = 0 }, now) => {
    const key = `${task} ${subject}`
    const before = seen.get(key)
    const start =
      before !== undefined && doneBytes >= before.latest
        ? before
        : { at: now, bytes: doneBytes, items: doneItems, latest: 0 }
    start.latest = doneBytes
    seen.set(key, start)
    return start
  }
}

/** `export records  1.2 GB of 3.4 GB  35 %  120 MB/s  18 s left`; rate and time from what was done since `from`, or the note. */
function progressText(report: ProgressReport, seconds: number, from: Start): string {
  const way = wayOf(report, from)
  const parts = [`${report.task} ${report.subject}`.trim(), amountOf(report), ...share(way)]
  if (report.note !== undefined) return [...parts, report.note].join('  ')
  const rate = seconds > 0 ? (report.doneBytes - from.bytes) / seconds : 0
  if (rate > 0) parts.push(`${formatBytes(rate)}/s`)
  if (rate > 0 && way !== undefined && way.done > way.from) {
    const left = (seconds * Math.max(0, way.total - way.done)) / (way.done - way.from)
    parts.push(`${formatSeconds(left)} left`)
  }
  return parts.join('  ')
}

/** How far the work has come, in bytes or in items. */
interface Way {
  readonly from: number
  readonly done: number
  readonly total: number
}

/**
 * By bytes, as long as they can tell: of very small files, what is written beside their content, which the total does not
 * know, is many times as much. Then by items.
 */
function wayOf(report: ProgressReport, from: Start): Way | undefined {
  const { doneBytes, totalBytes, doneItems, totalItems } = report
  if (isBeyond(report) && doneItems !== undefined && totalItems !== undefined)
    return { from: from.items, done: doneItems, total: totalItems }
  return totalBytes === undefined ? undefined : { from: from.bytes, done: doneBytes, total: totalBytes }
}

function isBeyond({ doneBytes, totalBytes }: Pick<ProgressReport, 'doneBytes' | 'totalBytes'>): boolean {
  return totalBytes !== undefined && doneBytes > totalBytes
}

function share({ done, total }: Way = { from: 0, done: 0, total: 0 }): string[] {
  return total > 0 ? [`${Math.min(100, Math.floor((done / total) * 100))} %`] : []
}

/** `1.2 GB of 3.4 GB, 5 items`; of very small files, where bytes cannot tell, `1.2 GB, 5 of 7 items`. */
export function amountOf(report: Omit<ProgressReport, 'task' | 'subject'>): string {
  const { doneBytes, totalBytes, doneItems, totalItems } = report
  const bytes = formatBytes(doneBytes)
  if (isBeyond(report) && doneItems !== undefined && totalItems !== undefined)
    return `${bytes}, ${doneItems} of ${counted(totalItems, 'item')}`
  const of = totalBytes === undefined ? bytes : `${bytes} of ${formatBytes(totalBytes)}`
  return doneItems === undefined ? of : `${of}, ${counted(doneItems, 'item')}`
}
