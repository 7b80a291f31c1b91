import { describe, expect, it } from 'vitest'
import { CopyMessages, type Part } from '../src/copy-messages.ts'

function message(type: string, payload = ''): Buffer {
  const bytes = Buffer.alloc(5 + Buffer.byteLength(payload))
  bytes.write(type)
  bytes.writeUInt32BE(bytes.length - 1, 1)
  bytes.write(payload, 5)
  return bytes
}

const rows = Array.from({ length: 40 }, (_, i) => `${i},"a ""b"",\n${'é'.repeat((i * 7) % 50)}"\n`)
const after = Buffer.concat([message('c'), message('C', 'COPY 40\0'), message('Z', 'T')])
const all = Buffer.concat([
  message('H', '\0\0\0'),
  ...rows.flatMap((row, i) => [
    ...(i % 9 === 0 ? [message('S', 'TimeZone\0UTC\0'), message('N', 'notice')] : []),
    ...[message('d', row), message('d')],
  ]),
  after,
])

function textOf({ blocks }: Part): string {
  return Buffer.concat(blocks).toString()
}

function read(step: number, partBytes: number): { parts: string[]; rest: string } {
  const messages = new CopyMessages(partBytes)
  const parts: Part[] = []
  const rest: Buffer[] = []
  for (let at = 0; at < all.length; at += step) {
    const bytes = all.subarray(at, at + step)
    const left = rest.length > 0 ? bytes : messages.take(bytes)
    if (left) rest.push(left)
    parts.push(...messages.parts())
  }
  messages.end()
  parts.push(...messages.parts())
  return {
    parts: parts.map(textOf),
    rest: Buffer.concat(rest).toString('latin1'),
  }
}

describe('messages of COPY', () => {
  it.each([1, 2, 4, 5, 6, 97, 1 << 20])('give the same parts of whole rows, %d bytes at a time', (step) => {
    const { parts, rest } = read(step, 300)
    expect(parts.join('')).toBe(rows.join(''))
    expect(parts.length).toBeGreaterThan(5)
    let at = 0
    for (const part of parts) {
      let expected = ''
      while (Buffer.byteLength(expected) < 300 && at < rows.length) expected += rows[at++]
      expect(part).toBe(expected)
    }
    expect(rest).toBe(after.toString('latin1'))
  })

  it('joins a row larger than any block of memory', () => {
    const messages = new CopyMessages(1)
    const row = 'x'.repeat(1_000_003)
    expect(messages.take(Buffer.concat([message('d', row), message('c')]))?.toString('latin1')).toBe(
      message('c').toString('latin1'),
    )
    expect(messages.parts().map((part) => textOf(part) === row)).toEqual([true])
  })

  it.each([997, 300_000, 1 << 20])(
    'give a row that is longer than a part by itself, as soon as it begins: %d bytes at a time',
    (step) => {
      const row = Array.from({ length: 100_000 }, (_, i) => i).join(';')
      const three = ['short\n', row, 'last\n'].map((one) => message('d', one))
      const bytes = Buffer.concat(three)
      const messages = new CopyMessages(500)
      const parts: Part[] = []
      const taken: string[] = []
      for (let at = 0; at < bytes.length; at += step) {
        messages.take(bytes.subarray(at, at + step))
        parts.push(...messages.parts())
        expect(parts).toHaveLength(2)
        taken.push(...(parts[1]?.blocks.splice(0) ?? []).map(String))
        expect(messages.waiting).toBe(0)
      }
      expect(parts[1]).toMatchObject({ size: row.length, whole: true })
      expect(taken.join('') === row).toBe(true)
      messages.end()
      expect([parts[0] as Part, ...messages.parts()].map(textOf)).toEqual(['short\n', 'last\n'])
    },
  )

  it('keep nothing of what nobody wants', () => {
    const messages = new CopyMessages(500)
    messages.take(message('d', 'x'.repeat(600_000)).subarray(0, 300_000))
    expect(messages.waiting).toBe(256 * 1024)
    messages.drop()
    messages.take(Buffer.alloc(250_000))
    expect(messages.waiting).toBe(256 * 1024)
  })

  it('fill the memory of parts that are done with anew, and no other', () => {
    const messages = new CopyMessages(10)
    messages.take(Buffer.concat([message('d', 'first row\n'), message('d', 'second row\n')]))
    const [first, second] = messages.parts() as [Part, Part]
    messages.release(first.blocks)
    messages.take(message('d', 'the third\n'))
    const [third] = messages.parts() as [Part]
    expect(textOf(third)).toBe('the third\n')
    expect(third.blocks[0]?.buffer).toBe(first.blocks[0]?.buffer)
    expect(textOf(second)).toBe('second row\n')
  })
})
