import { RestituteError } from './errors.ts'

const steps = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const

/** Bytes for people: `1.5 GB` (powers of 1000). */
export function formatBytes(bytes: number): string {
  let value = bytes
  let step = 0
  while (Math.round(value) >= 1000 && step < steps.length - 1) {
    value /= 1000
    step++
  }
  const digits = step === 0 || value >= 100 ? 0 : 1
  return `${value.toFixed(digits)} ${steps[step]}`
}

/** A number with its noun: `1 item`, `2 items`; `plural` where an s does not make it. */
export function counted(count: number, noun: string, plural: string = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`
}

/** Seconds for people: `45 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`. */
export function formatSeconds(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${pad(s % 60)} s`
  if (s < 86400) return `${Math.floor(s / 3600)} h ${pad(Math.floor((s % 3600) / 60))} min`
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`
}

function pad(n: number): string {
  return String(n).padStart(2, '0')
}

/** Bytes per second, above zero, out of `50MB/s`, `1GiB/s`; throws `contract-invalid`. */
export function parseRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([kMGT])(i?))?B\/s$/.exec(text)
  const power = ['', 'k', 'M', 'G', 'T'].indexOf(match?.[2] ?? '')
  const rate = Number(match?.[1] ?? 0) * (match?.[3] ? 1024 : 1000) ** power
  if (rate > 0) return rate
  throw new RestituteError('contract-invalid', `rate: expected for instance 50MB/s, got ${text}`)
}
