import { expect, it } from 'vitest'
import { CsvEncoder, headerOf } from '../src/csv-encoder.ts'

const million = 1024 * 1024

/** A row as the server sends it: texts, each with its length before it. */
function packet(...values: readonly Buffer[]) {
  const pieces = values.flatMap((value) => {
    const length = Buffer.from([254, 0, 0, 0, 0, 0, 0, 0, 0])
    length.writeBigUInt64LE(BigInt(value.length), 1)
    return [length, value]
  })
  const buffer = Buffer.concat(pieces)
  return { buffer, offset: 0, end: buffer.length, isEOF: () => false, eofStatusFlags: () => 0 }
}

it('a value of many megabytes takes no more room than its base64, and its memory is not kept', () => {
  const bytes = Buffer.alloc(40 * million, 'scan')
  const encoder = new CsvEncoder({
    ...{ cells: ['quoted', 'base64', 'plain'], header: headerOf(['a']), sum: undefined, partBytes: million },
  })
  encoder.take(packet(Buffer.from('a "quote"'), bytes, Buffer.from('12')))
  const part = encoder.part()
  const expected = `"a"\n"a ""quote""",${bytes.toString('base64')},12\n`
  expect(part.equals(Buffer.from(expected))).toBe(true)
  expect(part.buffer.byteLength).toBeLessThan(56 * million)
  encoder.take(packet(Buffer.from('b'), Buffer.from('c'), Buffer.from('3')))
  const next = encoder.part()
  expect(next.toString()).toBe('"b",Yw==,3\n')
  expect(next.buffer.byteLength).toBeLessThan(2 * million)
})
