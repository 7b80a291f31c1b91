/** What a system tells of parts of it (tables) that they keep wherever in it somebody moves them. A member is absent where it cannot be seen. */
export interface PartsThere {
  /** The numbers that it gave them; it gives none twice. */
  readonly numbers?: readonly number[]
  /** Of those that have no number, what else stays the same; others may have the same. */
  readonly marks?: readonly string[]
}

/** The parts of a copy as they are written down before its destruction. A member is absent where it could not be seen. */
export interface Parts {
  /** From one number to another, ascending; nothing else in the system has one in between. */
  readonly numbers?: readonly (readonly [first: number, last: number])[]
  /** Each mark, and how many others in the system had the same. */
  readonly marks?: Readonly<Record<string, number>>
}

/** What is written down is kept for ever; where it would be more than this, it counts as not seen. */
const most = 10_000

/** The parts of a copy, told apart from everything else in its system. */
export function partsAmong(own: PartsThere, others: PartsThere): Parts {
  const numbers = own.numbers && others.numbers && rangesOf(own.numbers, others.numbers)
  const marks = marksOf(own.marks, others.marks)
  return {
    ...(numbers && numbers.length <= most ? { numbers } : {}),
    ...(marks && Object.keys(marks).length <= most ? { marks } : {}),
  }
}

function rangesOf(own: readonly number[], others: readonly number[]): (readonly [number, number])[] {
  const all = [
    ...own.map((number) => ({ number, isOwn: true })),
    ...others.map((number) => ({ number, isOwn: false })),
  ].sort((a, b) => a.number - b.number)
  const ranges: [number, number][] = []
  let open: [number, number] | undefined
  for (const { number, isOwn } of all) {
    if (!isOwn) open = undefined
    else if (open) open[1] = number
    else ranges.push((open = [number, number]))
  }
  return ranges
}

function marksOf(own: PartsThere['marks'], others: PartsThere['marks']): Record<string, number> | undefined {
  if (own?.length === 0) return {}
  const counts = others && countsOf(others)
  return own && counts && Object.fromEntries(own.map((mark) => [mark, counts.get(mark) ?? 0]))
}

function countsOf(marks: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const mark of marks) counts.set(mark, (counts.get(mark) ?? 0) + 1)
  return counts
}

/** Whether parts that were written down are among what is elsewhere in their system now. */
export function areAmong(parts: Parts, { numbers = [], marks = [] }: PartsThere): boolean {
  const counts = countsOf(marks)
  return (
    anyWithin(numbers, parts.numbers ?? []) ||
    Object.entries(parts.marks ?? {}).some(([mark, before]) => (counts.get(mark) ?? 0) > before)
  )
}

function anyWithin(numbers: readonly number[], ranges: NonNullable<Parts['numbers']>): boolean {
  const ascending = numbers.toSorted((a, b) => a - b)
  let at = 0
  return ranges.some(([first, last]) => {
    while ((ascending[at] ?? Number.POSITIVE_INFINITY) < first) at++
    return (ascending[at] ?? Number.POSITIVE_INFINITY) <= last
  })
}

/** Whether {@link areAmong} can tell: the parts were seen then, and so is now whatever they could be found among. */
export function canBeFound(parts: Parts, others: PartsThere): boolean {
  const { numbers, marks } = parts
  if (numbers === undefined || marks === undefined) return false
  const findsNumbers = numbers.length === 0 || others.numbers !== undefined
  return findsNumbers && (Object.keys(marks).length === 0 || others.marks !== undefined)
}
