import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Replies } from '../src/raw-connection.ts'
import { asUtf8 } from '../src/raw-text.ts'

type Values = readonly (Buffer | null)[]

/** A message of the protocol. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function row(values: Values): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(values.length)
  const fields = values.flatMap((value) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(value?.length ?? -1)
    return [length, value ?? Buffer.alloc(0)]
  })
  return message('D', Buffer.concat([count, ...fields]))
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((one) => Buffer.from(one))
const rows = fc.array(fc.option(bytes, { nil: null }), { maxLength: 4 })

describe('what a server without encoding sends', () => {
  it('is the same but for the values of rows, however it comes in pieces', () => {
    const sent = fc.array(fc.oneof(rows, bytes), { maxLength: 8 })
    const cuts = fc.array(fc.nat(3000), { maxLength: 12 })
    fc.assert(
      fc.property(sent, cuts, (messages, at) => {
        const of = (change: (value: Buffer) => Buffer): Buffer =>
          Buffer.concat(
            messages.map((one) =>
              Buffer.isBuffer(one) ? message('S', one) : row(one.map((value) => value && change(value))),
            ),
          )
        const [all, ends] = [of((value) => value), [...at, Number.POSITIVE_INFINITY].sort((a, b) => a - b)]
        const replies = new Replies()
        const got = ends.map((end, i) => replies.take(all.subarray(ends[i - 1] ?? 0, end)))
        expect(Buffer.concat(got).equals(of(asUtf8))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
