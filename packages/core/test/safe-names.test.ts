import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { safeName, safeNames } from '../src/index.ts'

const bytes = (text: string): Buffer => Buffer.from(text)
const escapedForm = /~[0-9a-f]{12}(\.[^.]*)?$/

// Names as they come: any bytes, any text, and pieces of what is dangerous somewhere.
const name = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'binary', minLength: 1 }).map(bytes),
  fc
    .array(
      fc.constantFrom(
        'con',
        'A',
        'a',
        '.',
        ' ',
        '%41',
        ':',
        '\\',
        '\n',
        'é',
        'e\u0301',
        '~0123456789ab',
        '.txt',
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => bytes(parts.join(''))),
)
const folder = fc.uniqueArray(name, { maxLength: 12, selector: (one) => one.toString('hex') })

describe('safeNames', () => {
  it.each([
    'letter.txt',
    'été 2026.pdf',
    '日本語',
    'a.b.c',
    'a~b',
    'Makefile',
    'x'.repeat(200),
    'console.log',
  ])('keeps %j', (kept) => {
    expect(safeName(kept)).toBe(kept)
  })

  it.each([
    '100%.txt',
    'a\\b',
    'a:b',
    'a\nb',
    '.hidden',
    ' lead',
    'trail ',
    'trail.',
    'CON',
    'nul.txt',
    'com1',
    'LPT9.log',
    'x'.repeat(201),
    'a*b',
    'what?',
    '"q"',
    '<a>',
    'a|b',
    '..',
    '.',
    '',
    'a/b',
    'fake~0123456789ab.txt',
    '\ufffd',
    'a\u007f',
    'a\u0085b',
  ])('escapes %j', (unsafe) => {
    expect(safeName(unsafe)).toMatch(escapedForm)
  })

  it('keeps the escaped name readable, with its extension', () => {
    expect(safeName('Compte rendu: été.pdf')).toMatch(/^Compte_rendu__été~[0-9a-f]{12}\.pdf$/)
  })

  it('escapes both names that differ only by case or by normalisation', () => {
    const [a, b, c, d, kept] = safeNames(['Letter', 'letter', 'caf\u00e9', 'cafe\u0301', 'other'].map(bytes))
    for (const one of [a, b, c, d]) expect(one).toMatch(escapedForm)
    expect(new Set([a, b, c, d]).size).toBe(4)
    expect(kept).toBe('other')
  })

  it('keeps two names that only a short hash takes for the same', () => {
    const names = ['scan-m708xh', 'scan-1wlidq6']
    expect(safeNames(names.map(bytes))).toEqual(names)
  })

  it('escapes names that are not UTF-8, each in its own way', () => {
    const [latin, other] = safeNames([Buffer.from([0x61, 0xe9]), Buffer.from([0x61, 0xea])])
    expect(latin).toMatch(/^a_?~[0-9a-f]{12}$/)
    expect(latin).not.toBe(other)
  })

  it('gives a harmless name to whatever there is', () => {
    const property = fc.property(folder, (names) => {
      for (const safe of safeNames(names)) {
        expect(safe).not.toMatch(/[\p{Cc}%\\:*?"<>|/\ufffd]|^[ .]|[ .]$|^$/u)
        expect(safe).not.toMatch(/^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i)
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200)
        expect(safe.isWellFormed()).toBe(true)
      }
    })
    fc.assert(property, { numRuns: 1000 })
  })

  it('gives no name twice, also where case and normalisation do not count', () => {
    const property = fc.property(folder, (names) => {
      const folded = safeNames(names).map((safe) => safe.normalize('NFC').toLowerCase())
      expect(new Set(folded).size).toBe(names.length)
    })
    fc.assert(property, { numRuns: 1000 })
  })

  it('depends on the names only, not on their order', () => {
    const property = fc.property(folder, (names) => {
      expect(safeNames(names.toReversed()).toReversed()).toEqual(safeNames(names))
    })
    fc.assert(property)
  })

  it('keeps a safe name when harmless siblings come', () => {
    expect(safeNames(['a.txt', 'b.txt', '100%'].map(bytes)).slice(0, 2)).toEqual(['a.txt', 'b.txt'])
  })
})
