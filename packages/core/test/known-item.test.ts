import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { digestOfParts, type Item, knownItem } from '../src/index.ts'

const item: Item = { id: 'a', kind: 'file', bytes: 3, mark: 'm', attributes: { mode: 420 } }
const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

describe('knownItem', () => {
  it('takes the digest of the only entry', () => {
    const known = knownItem(item, [{ size: 3, sha256: sha256('abc') }])
    expect(known).toEqual({ ...item, digest: sha256('abc') })
  })

  it('hashes the digests of the parts, and keeps the size that they were cut to', () => {
    const parts = [
      { size: 2, sha256: sha256('ab'), part: 1 },
      { size: 1, sha256: sha256('c'), part: 2 },
    ]
    const raw = Buffer.concat(parts.map((part) => Buffer.from(part.sha256, 'hex')))
    expect(knownItem(item, parts)).toMatchObject({
      digest: sha256(raw),
      attributes: { mode: 420, partBytes: 2 },
    })
    expect(digestOfParts(parts.map((part) => part.sha256))).toBe(sha256(raw))
  })

  it('leaves alone what the inventory knew, and what has no entry', () => {
    const link = { ...item, kind: 'symlink', digest: sha256('target') }
    expect(knownItem(link, [])).toBe(link)
    expect(knownItem(link, [{ size: 3, sha256: sha256('abc') }])).toBe(link)
    expect(knownItem(item, [])).toBe(item)
  })
})
