import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asBytes, asUtf8, shown } from '../src/raw-text.ts'

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
const told = (text: string): string => asUtf8(bytes(text)).toString('utf8')

describe('bytes of a server without encoding', () => {
  it('come back as they were, whatever they are', () => {
    const odd = fc.constantFrom(
      '\xe9',
      '\xc3\xa9',
      '\xf4\x8f\xba\x80',
      '\xf4\x8f',
      '\xed\xa0\x80',
      '\xf0\x9f\x92\x8a',
      'a',
    )
    const texts = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((one) => Buffer.from(one)),
      fc.array(odd, { maxLength: 12 }).map((some) => bytes(some.join(''))),
    )
    fc.assert(
      fc.property(texts, (one) => {
        const utf8 = asUtf8(one)
        expect(Buffer.from(utf8.toString('utf8'))).toEqual(utf8)
        expect(asBytes(utf8.toString('utf8'))).toEqual(one)
      }),
      { numRuns: 2000 },
    )
  })

  it('are what they mean where they are UTF-8, and shown by their value elsewhere', () => {
    expect(told('\xc3\xa9t\xc3\xa9 \xf0\x9f\x92\x8a')).toBe('été 💊')
    expect(shown(told('d\xe9c\xe8s \xc3\xa9 \x80\xff'))).toBe('d\\xE9c\\xE8s é \\x80\\xFF')
    expect(shown(told('\xf4\x8f\xba\x80'))).toBe('\\xF4\\x8F\\xBA\\x80')
  })
})
