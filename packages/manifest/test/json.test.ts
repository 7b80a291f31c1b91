import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, parseJson, sha256Hex } from '../src/index.ts'

const vectors = join(import.meta.dirname, '../../../../shared/data/jcs-rfc8785')
const hasVectors = existsSync(vectors)
if (!hasVectors) console.warn('skipped: ../shared/data/jcs-rfc8785 is not there')
const bytes = (text: string): Uint8Array => Buffer.from(text)
const codeOf = (text: string | Uint8Array): string => {
  try {
    parseJson(typeof text === 'string' ? bytes(text) : text)
    return 'accepted'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('canonicalJson', () => {
  it.skipIf(!hasVectors)('gives the bytes of the RFC 8785 vectors, and keeps canonical text as it is', () => {
    const names = readdirSync(join(vectors, 'input'))
    expect(names).toHaveLength(6)
    for (const name of names) {
      const hex = readFileSync(join(vectors, 'outhex', name.replace('.json', '.txt')), 'latin1')
      const expected = Buffer.from(hex.replace(/\s/g, ''), 'hex')
      expect(expected.equals(readFileSync(join(vectors, 'output', name))), name).toBe(true)
      for (const folder of ['input', 'output']) {
        const text = canonicalJson(parseJson(readFileSync(join(vectors, folder, name))))
        expect(Buffer.from(text).equals(expected), `${folder}/${name}`).toBe(true)
      }
    }
  })

  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the number %s of RFC 8785, appendix B, as %s', (hex, text) => {
    expect(canonicalJson(Buffer.from(hex, 'hex').readDoubleBE())).toBe(text)
  })

  it('orders members by UTF-16 code units and writes numbers as ECMAScript does', () => {
    expect(canonicalJson({ '\ufb33': 1, '\u{1f600}': 2, b: -0, a: 1e21, A: 1.5e-7 })).toBe(
      '{"A":1.5e-7,"a":1e+21,"b":0,"\u{1f600}":2,"\ufb33":1}',
    )
  })

  it('is read back as the same value, and is the only text of it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalJson(value)
        const read = parseJson(bytes(text), { depth: 100 })
        expect(canonicalJson(read)).toBe(text)
        expect(JSON.stringify(read)).toBe(JSON.stringify(JSON.parse(text)))
      }),
    )
  })

  it.each([
    ['undefined', undefined],
    ['a member that is undefined', { a: undefined }],
    ['an undefined element', [undefined]],
    ['NaN', Number.NaN],
    ['infinity', { a: -Infinity }],
    ['a lone surrogate', ['\ud800']],
    ['a lone surrogate in a name', { '\udfff': 1 }],
    ['a big integer', 1n],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a function', () => 1],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(/canonical JSON: /)
  })

  it('refuses a cycle instead of overflowing', () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    expect(() => canonicalJson(cycle)).toThrow('or a cycle')
  })
})

describe('parseJson', () => {
  it('reads every kind of value', () => {
    const text = ' {"a":[null,true,-0.5e1,"\\u00e9\\\\\\"{[:"],"":{}} '
    expect(parseJson(bytes(text))).toEqual({ a: [null, true, -5, 'é\\"{[:'], '': {} })
  })

  it.each([
    '{"a":1,"a":2}',
    '[{"x":{"a":1,"\\u0061":1}}]',
    '{"__proto__":1,"__proto__":2}',
    '{"a":1,"b":2,"a":1}',
  ])('refuses a member twice: %s', (text) => {
    expect(() => parseJson(bytes(text))).toThrow('a member occurs twice')
  })

  it('takes equal names in different objects, and colons in strings', () => {
    expect(parseJson(bytes('[{"a":":"},{"a":"\\":"}]'))).toEqual([{ a: ':' }, { a: '":' }])
  })

  it('lets no __proto__ reach a prototype', () => {
    const value = parseJson(bytes('{"__proto__":{"polluted":true},"constructor":1}')) as object
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect('polluted' in value).toBe(false)
    expect(canonicalJson(value)).toBe('{"__proto__":{"polluted":true},"constructor":1}')
  })

  it.each([
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
    ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
    ['nothing', Buffer.alloc(0)],
    ['a cut text', bytes('{"a":')],
    ['a cut string', bytes('"a\\')],
    ['trailing text', bytes('{} {}')],
    ['a trailing comma', bytes('[1,]')],
    ['a comment', bytes('/* */ 1')],
    ['NaN', bytes('NaN')],
    ['a number that no double holds', bytes('1e999')],
    ['a lone surrogate', bytes('"\\ud800"')],
    ['a lone surrogate in a name', bytes('{"\\udc00":1}')],
  ])('refuses %s', (_, text) => {
    expect(codeOf(text)).toBe('document-invalid')
  })

  it('survives a million levels, and holds to its limits', () => {
    expect(codeOf('['.repeat(1_000_000))).toBe('hostile-input')
    expect(codeOf('{"a":'.repeat(1_000_000))).toBe('hostile-input')
    expect(codeOf(']'.repeat(1_000_000))).toBe('document-invalid')
    expect(codeOf(`${'['.repeat(64)}${']'.repeat(64)}`)).toBe('accepted')
    expect(codeOf(`${'['.repeat(65)}${']'.repeat(65)}`)).toBe('hostile-input')
    expect(() => parseJson(bytes('[[1]]'), { depth: 1 })).toThrow('expected at most 1 levels')
    expect(() => parseJson(bytes('[1]'), { bytes: 2 })).toThrow('expected at most 2 bytes, got 3')
  })

  it('quotes nothing of what it read', () => {
    expect(() => parseJson(bytes('{"name":"Jeanne Durand",}'))).toThrow(
      /^JSON: not well-formed( at character \d+)?$/,
    )
  })
})

describe('sha256Hex', () => {
  it('hashes bytes and the UTF-8 of text', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    expect(sha256Hex('abc')).toBe(abc)
    expect(sha256Hex(bytes('abc'))).toBe(abc)
  })
})
