import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareUtf8 } from '../src/index.ts'

// Whole code points from every range in which UTF-16 and UTF-8 disagree, and short alphabets so that prefixes meet.
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom('a', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}', '/'),
  }),
)

describe('compareUtf8', () => {
  it('orders like the UTF-8 bytes', () => {
    const property = fc.property(text, text, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    })
    fc.assert(property, { numRuns: 2000 })
  })

  it('puts what UTF-16 would put first after', () => {
    expect(['\u{1f600}', '\uffff', 'z'].sort(compareUtf8)).toEqual(['z', '\uffff', '\u{1f600}'])
  })
})
