import { counted, formatSeconds, parseRate, parseWindow, type Window } from '@restitute/core'
import { beginControl, type Control, readControl } from '../control/control.ts'
import { endRun, type RunningSource, writeRun } from '../control/run-state.ts'
import type { Job } from './job.ts'
import type { Allowance, LiveSource } from './live-source.ts'
import { SpeedMeter } from './speed-meter.ts'

const everyMs = 1000

/**
 * Once a second: reads what other processes ask, holds every source to its terms (the stricter of contract and
 * request), says how far the run is and what holds it up.
 */
export class Steering implements Disposable {
  readonly #job: Job
  readonly #timer: NodeJS.Timeout
  readonly #speed = new SpeedMeter()
  readonly #windows = new Map<string, Window>()
  #sources: readonly LiveSource[] = []
  readonly #onTime = (): void => {
    try {
      this.#tick()
    } catch {
      // The journal could not be used just now: if that lasts, the run's own writing will say so.
    }
  }

  constructor(job: Job) {
    this.#job = job
    beginControl(job.db)
    this.#tick()
    this.#timer = setInterval(this.#onTime, everyMs)
    job.stopping.addEventListener('abort', this.#onTime)
  }

  /** Steers these from now on, instead of those before. */
  steer(sources: readonly LiveSource[]): void {
    this.#sources = sources
    this.#tick()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#job.stopping.removeEventListener('abort', this.#onTime)
    endRun(this.#job.db)
  }

  #tick(): void {
    const { db, name, progress, stopping, signal } = this.#job
    const control = readControl(db)
    for (const source of this.#sources) source.allow(this.#allowance(source, control))
    // What is in hand would never end.
    if (stopping.aborted && control.paused) this.#job.giveUp()
    const { revision, paused } = control
    const sources = this.#sources.map(({ state }) => state)
    const draining = stopping.aborted && !signal.aborted
    const bytesPerSecond = this.#speed.at(progress.amounts.doneBytes)
    writeRun(db, { package: name, revision, paused, draining, ...progress.amounts, bytesPerSecond, sources })
    progress.heldUp(draining ? this.#stopNote() : this.#holdNote(sources))
  }

  /** When the run stops everything that waits is let go: it finds out and ends. */
  #allowance({ key, source: { terms } }: LiveSource, control: Control): Allowance {
    const asked = control.limits[key] ?? {}
    const rate = least(terms.rate === undefined ? undefined : parseRate(terms.rate), asked.rate)
    const workers = least(terms.workers, asked.workers)
    const hold = this.#job.stopping.aborted ? undefined : this.#hold(terms.window, control)
    return {
      ...(rate !== undefined && { rate }),
      ...(workers !== undefined && { workers }),
      ...(hold && { hold }),
    }
  }

  #hold(window: string | undefined, { paused }: Control): Allowance['hold'] {
    if (paused) return 'paused'
    return window === undefined || this.#window(window).isOpen(this.#job.options.at.now())
      ? undefined
      : 'window'
  }

  #window(text: string): Window {
    const known = this.#windows.get(text) ?? parseWindow(text)
    this.#windows.set(text, known)
    return known
  }

  #stopNote(): string {
    const inHand = this.#sources.reduce((sum, source) => sum + source.inHand, 0)
    return `stopping after ${counted(inHand, 'piece')} of work in hand; interrupt again to stop at once`
  }

  #holdNote(sources: readonly RunningSource[]): string | undefined {
    const notes = sources.flatMap(({ source, hold, viewTakenAt }) => {
      if (!hold) return []
      const why = hold === 'paused' ? 'paused' : `waits for ${this.#windowOf(source)}`
      return [
        `${source} ${why}${viewTakenAt === undefined ? '' : `, view held for ${this.#age(viewTakenAt)}`}`,
      ]
    })
    return notes.length > 0 ? notes.join('; ') : undefined
  }

  #windowOf(name: string): string {
    return this.#sources.find(({ key }) => key === name)?.source.terms.window ?? ''
  }

  #age(takenAt: string): string {
    return formatSeconds((this.#job.options.at.now().getTime() - Date.parse(takenAt)) / 1000)
  }
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}
