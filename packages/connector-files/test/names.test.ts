import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkId, idToPath, nameToId } from '../src/names.ts'

const byte = fc.integer({ min: 1, max: 255 }).filter((one) => one !== 0x2f)
const name = fc.oneof(
  fc.array(byte, { minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  fc
    .string({ unit: fc.constantFrom('%', 'E', '9', '2', '5', 'f', 'é'), minLength: 1 })
    .map((text) => Buffer.from(text)),
)

describe('item ids', () => {
  it.each(['letter.txt', 'été', '100%', '100%.txt', '%2F', '%zz', 'a b', '日本語', 'line\nbreak'])(
    'are the name itself: %j',
    (kept) => {
      expect(nameToId(Buffer.from(kept))).toBe(kept)
    },
  )

  it.each([
    [Buffer.from([0x63, 0xe9]), 'c%E9'],
    [Buffer.from([0xc3, 0xa9, 0xff]), 'é%FF'],
    [Buffer.from([0x25, 0xff]), '%25%FF'],
    [Buffer.from('c%E9'), 'c%25E9'],
    [Buffer.from('%25'), '%2525'],
    [Buffer.from([0xed, 0xa0, 0x80]), '%ED%A0%80'],
  ])('escape %j', (bytes, id) => {
    expect(nameToId(bytes)).toBe(id)
  })

  it('lead back to the name, so two names never share one', () => {
    const property = fc.property(name, (bytes) => {
      const id = nameToId(bytes)
      expect(id.isWellFormed()).toBe(true)
      expect(idToPath(id).equals(bytes)).toBe(true)
    })
    fc.assert(property, { numRuns: 2000 })
  })

  it('lead back to whole paths', () => {
    expect(idToPath('a/c%E9/100%/')).toEqual(Buffer.from('a/c\xe9/100%', 'latin1'))
    expect(idToPath('./').length).toBe(0)
  })

  it('are accepted as this connector makes them', () => {
    const property = fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
      fc.pre(names.every((one) => !['.', '..'].includes(one.toString())))
      expect(() => checkId(names.map(nameToId).join('/'))).not.toThrow()
    })
    fc.assert(property)
    expect(() => checkId('./')).not.toThrow()
    expect(() => checkId('a/b/')).not.toThrow()
  })

  it.each([
    '',
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/../../x',
    'a/..',
    './x',
    '.',
    'a//b',
    'a/./b',
    'a\0b',
    '%C3%A9',
    '%25',
    '\ud800',
    '//',
    '../',
  ])('are refused: %j', (id) => {
    expect(() => checkId(id)).toThrow(expect.objectContaining({ code: 'hostile-input' }))
  })
})
