import { describe, expect, it } from 'vitest'
import { areAmong, canBeFound, partsAmong } from '../src/index.ts'

describe('the parts of a copy that are written down', () => {
  const parts = partsAmong(
    { numbers: [9, 4, 5, 20], marks: ['old', 'older'] },
    { numbers: [7, 1, 30], marks: ['old', 'other'] },
  )

  it('are ranges without a number of others, and marks with how many others have them', () => {
    expect(parts).toEqual({
      numbers: [
        [4, 5],
        [9, 20],
      ],
      marks: { old: 1, older: 0 },
    })
  })

  it.each([
    ['nothing of them', { numbers: [31, 7, 1, 30], marks: ['old', 'other', 'newest'] }, false],
    ['one by its number', { numbers: [31, 7, 5] }, true],
    ['the last of all', { numbers: [1, 20, 21] }, true],
    ['one by its mark, which no other had', { marks: ['older'] }, true],
    ['one by its mark, of which there are more now', { marks: ['old', 'old'] }, true],
  ])('are found among what is elsewhere: %s', (_, others, found) => {
    expect(areAmong(parts, others)).toBe(found)
  })

  it('cannot be found where they were not seen, or others are not', () => {
    const all = { numbers: [], marks: [] }
    expect(canBeFound(parts, all)).toBe(true)
    expect(canBeFound(parts, { numbers: [] })).toBe(false)
    expect(canBeFound(parts, { marks: [] })).toBe(false)
    expect(canBeFound(partsAmong({ numbers: [1], marks: [] }, { numbers: [] }), { numbers: [] })).toBe(true)
    expect(canBeFound(partsAmong({ marks: [] }, all), all)).toBe(false)
    expect(canBeFound(partsAmong({ numbers: [], marks: ['old'] }, { numbers: [] }), all)).toBe(false)
  })

  it('stay small, however many there are, or count as not seen', () => {
    const every = (step: number, first: number): number[] =>
      Array.from({ length: 100_000 }, (_, i) => first + i * step)
    const alone = partsAmong({ numbers: every(1, 0), marks: [] }, { numbers: every(1, 100_000) })
    expect(alone.numbers).toEqual([[0, 99_999]])
    const scattered = partsAmong({ numbers: every(2, 0), marks: [] }, { numbers: every(2, 1) })
    expect(scattered).toEqual({ marks: {} })
  })
})
