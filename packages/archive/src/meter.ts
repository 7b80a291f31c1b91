import type { Measurement } from '@restitute/manifest'

/** Seconds and bytes at one point of the pipeline. */
export class Meter {
  /** Spent waiting for what lies before this point. */
  before = 0
  /** Spent in what lies behind it. */
  after = 0
  bytes = 0
  items = 0

  /** Passes things on, timing both sides. `bytesOf` says how many bytes one of them counts. */
  async *over<T>(source: AsyncIterable<T>, bytesOf: (thing: T) => number): AsyncIterable<T> {
    let left = performance.now()
    for await (const thing of source) {
      const got = performance.now()
      this.before += (got - left) / 1000
      this.bytes += bytesOf(thing)
      yield thing
      left = performance.now()
      this.after += (left - got) / 1000
    }
    this.before += (performance.now() - left) / 1000
  }
}

/** The meters between the stages of one volume. */
export interface VolumeMeters {
  readonly content: Meter
  readonly tar: Meter
  readonly zstd: Meter
  readonly cipher: Meter
}

/**
 * What each stage added to the time that the volume took. Stages overlap, so a stage's busy seconds are those by
 * which it held up the chain; together they make up the whole, and the rest of it is that stage's waiting.
 */
export function stagesOf(source: string, m: VolumeMeters): Measurement[] {
  const whole = m.cipher.before + m.cipher.after
  const stage = (name: string, bytesIn: number, bytesOut: number, busy: number): Measurement =>
    measurement(name, source, { bytesIn, bytesOut, items: m.content.items, busy, whole })
  return [
    stage('read', m.content.bytes, m.content.bytes, m.content.before),
    stage('pack', m.content.bytes, m.tar.bytes, m.tar.before - m.content.before),
    stage('compress', m.tar.bytes, m.zstd.bytes, m.zstd.before - m.tar.before),
    stage('encrypt', m.zstd.bytes, m.cipher.bytes, m.cipher.before - m.zstd.before),
    stage('write', m.cipher.bytes, m.cipher.bytes, m.cipher.after),
  ]
}

/** One measurement; `busy` and `whole` in seconds, kept to the microsecond. */
export function measurement(
  stage: string,
  source: string,
  o: { bytesIn: number; bytesOut: number; items: number; busy: number; whole: number },
): Measurement {
  const busySeconds = round(Math.min(o.whole, Math.max(0, o.busy)))
  const waitingSeconds = round(o.whole - busySeconds)
  const { bytesIn, bytesOut, items } = o
  return { stage, source, bytesIn, bytesOut, items, busySeconds, waitingSeconds, retries: 0 }
}

function round(seconds: number): number {
  return Math.max(0, Math.round(seconds * 1e6) / 1e6)
}
