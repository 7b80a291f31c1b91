import { formatBytes, formatSeconds, type Json } from '@restitute/core'
import type { RunningSource, RunState } from '@restitute/run'
import { amountOf } from './progress-line.ts'

/** A running export for `--json`; ages in seconds. */
export function runningJson(state: RunState, now: Date): { readonly [key: string]: Json } {
  const { package: name, pid, paused, draining, bytesPerSecond } = state
  const { doneBytes, totalBytes, doneItems, totalItems } = state
  return {
    ...{ package: name, pid, paused, draining, bytesPerSecond },
    ...{ doneBytes, totalBytes, doneItems, totalItems },
    sources: state.sources.map((source) => {
      const age = viewAge(source, now)
      return { ...source, ...(age !== undefined && { viewAgeSeconds: age }) }
    }),
  }
}

/** A running export for people. */
export function runningLines(state: RunState, now: Date): string[] {
  const { package: name, pid, doneBytes, totalBytes, doneItems, totalItems, bytesPerSecond } = state
  const amounts = { doneBytes, doneItems, ...(totalBytes > 0 && { totalBytes, totalItems }) }
  const parts = [
    `running   ${name}`,
    `process ${pid}`,
    amountOf(amounts),
    `${formatBytes(bytesPerSecond)}/s`,
    ...(state.paused ? ['PAUSED'] : []),
    ...(state.draining ? ['STOPPING'] : []),
  ]
  return [parts.join('  '), ...state.sources.map((source) => sourceLine(source, now))]
}

function sourceLine(source: RunningSource, now: Date): string {
  const age = viewAge(source, now)
  const parts = [
    `  ${source.source}`,
    age === undefined ? 'no view held' : `view held for ${formatSeconds(age)}`,
    `${source.workers} at once`,
    ...(source.rate === undefined ? [] : [`at most ${formatBytes(source.rate)}/s`]),
    ...(source.hold === 'window' ? ['waits for its window'] : []),
  ]
  return parts.join('  ')
}

function viewAge({ viewTakenAt }: RunningSource, now: Date): number | undefined {
  if (viewTakenAt === undefined) return undefined
  return Math.max(0, Math.round((now.getTime() - Date.parse(viewTakenAt)) / 1000))
}
