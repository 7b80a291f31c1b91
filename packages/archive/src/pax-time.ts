const perSecond = 1_000_000_000n

/** Nanoseconds since 1970 as the decimal seconds of a pax `mtime` record (POSIX pax, "pax Extended Header"). */
export function writeTime(nanoseconds: bigint): string {
  const sign = nanoseconds < 0n ? '-' : ''
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const fraction = String(size % perSecond)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${sign}${size / perSecond}${fraction ? `.${fraction}` : ''}`
}

const form = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?$/

/** Whether this is such a record. */
export function isTime(text: string): boolean {
  return form.test(text)
}

/** Reads such a record, to the nanosecond; `undefined` when it is none. */
export function readTime(text: string): bigint | undefined {
  const match = form.exec(text)
  if (!match) return undefined
  const size = BigInt(`${match[2]}${(match[3] ?? '').padEnd(9, '0')}`)
  return match[1] ? -size : size
}
