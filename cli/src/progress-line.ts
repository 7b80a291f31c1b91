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
    const line = progressText(report, (now - start.at) / 1000, start.bytes)
    stream.write(terminal ? `\r\x1b[2K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`)
  }
  return { progress, end: () => void (shown && stream.write('\r\x1b[2K')) }
}

/** Where and when each piece of work began: what counts less than before has begun anew. */
function startsOf(): (report: ProgressReport, now: number) => { at: number; bytes: number } {
  const seen = new Map<string, { at: number; bytes: number; latest: number }>()
  return ({ task, subject, doneBytes }, now) => {
    const key = `${task} ${subject}`
    const before = seen.get(key)
    const start =
      before !== undefined && doneBytes >= before.latest ? before : { at: now, bytes: doneBytes, latest: 0 }
    start.latest = doneBytes
    seen.set(key, start)
    return start
  }
}

/** `export records  1.2 GB of 3.4 GB  35 %  120 MB/s  18 s left`; rate from what was done since `fromBytes`, or the note. */
export function progressText(report: ProgressReport, seconds: number, fromBytes: number): string {
  const parts = [`${report.task} ${report.subject}`.trim(), amount(report), ...share(report)]
  if (report.note !== undefined) return [...parts, report.note].join('  ')
  const rate = seconds > 0 ? (report.doneBytes - fromBytes) / seconds : 0
  if (rate > 0) parts.push(`${formatBytes(rate)}/s`)
  if (rate > 0 && report.totalBytes !== undefined) {
    parts.push(`${formatSeconds(Math.max(0, report.totalBytes - report.doneBytes) / rate)} left`)
  }
  return parts.join('  ')
}

function share({ doneBytes, totalBytes = 0 }: ProgressReport): string[] {
  return totalBytes > 0 ? [`${Math.min(100, Math.floor((doneBytes / totalBytes) * 100))} %`] : []
}

function amount(report: ProgressReport): string {
  const bytes = formatBytes(report.doneBytes)
  const of = report.totalBytes === undefined ? bytes : `${bytes} of ${formatBytes(report.totalBytes)}`
  return report.doneItems === undefined ? of : `${of}, ${counted(report.doneItems, 'item')}`
}
