import { asRestituteError } from '@restitute/core'
import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { verifyPackage } from '../src/index.ts'
import { type Files, filesOf, inMemory } from './support/memory.ts'
import { newWorld } from './support/world.ts'

const changes = 1000
const world = newWorld()
let sound: Files
beforeAll(async () => {
  sound = await filesOf(world.sound)
})

/** One change, to files chosen by number, at a place chosen as a share of the file. */
type Change = (files: Map<string, Buffer>) => void

const nth = (files: Files, n: number): string => [...files.keys()][n % files.size] ?? ''
const number = fc.nat({ max: 1_000_000 })
const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((array) => Buffer.from(array))

/** Names that a reader might take for its own beside names of every kind. */
const name = fc.oneof(
  fc.stringMatching(/^(volumes|index|keys|new)\/[a-z0-9.-]{1,20}$/),
  fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/).filter((text) => text !== '.' && text !== '..'),
  fc.stringMatching(/^manifest\.json\.[0-9a-f]{40}\.asc(\.tsr)?$/),
  fc.constantFrom(
    'volumes/000004.tar.zst.pgp',
    'index/records-02.jsonl.zst.pgp',
    'Manifest.json',
    '.tmp-0123',
  ),
)

const edited =
  (n: number, edit: (content: Buffer) => Buffer): Change =>
  (files) =>
    void files.set(nth(files, n), edit(files.get(nth(files, n)) ?? Buffer.alloc(0)))
const copied = (files: Map<string, Buffer>, from: string, to: string): void =>
  void files.set(to, files.get(from) ?? Buffer.alloc(0))

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(number, place, fc.nat({ max: 7 })).map(([n, at, bit]) =>
    edited(n, (content) => {
      const flipped = Buffer.from(content)
      flipped[Math.floor(at * content.length)]! ^= 1 << bit
      return flipped
    }),
  ),
  fc.tuple(number, place, place).map(([n, a, b]) =>
    edited(n, (content) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)].map((at) => Math.round(at * content.length))
      return Buffer.concat([content.subarray(0, from), content.subarray(to)])
    }),
  ),
  fc.tuple(number, place, bytes).map(([n, at, more]) =>
    edited(n, (content) => {
      const where = Math.round(at * content.length)
      return Buffer.concat([content.subarray(0, where), more, content.subarray(where)])
    }),
  ),
  number.map(
    (n): Change =>
      (files) =>
        void files.delete(nth(files, n)),
  ),
  fc.tuple(name, bytes).map(
    ([to, content]): Change =>
      (files) =>
        void files.set(to, content),
  ),
  fc.tuple(number, name).map(
    ([n, to]): Change =>
      (files) => {
        const from = nth(files, n)
        copied(files, from, to)
        if (from !== to) files.delete(from)
      },
  ),
  fc.tuple(number, name).map(
    ([n, to]): Change =>
      (files) =>
        copied(files, nth(files, n), to),
  ),
  fc.tuple(number, number).map(
    ([a, b]): Change =>
      (files) => {
        const [one, other] = [nth(files, a), nth(files, b)]
        const held = files.get(one) ?? Buffer.alloc(0)
        copied(files, other, one)
        files.set(other, held)
      },
  ),
)

/** Everything that was said of a package; a package that is none any more says so by an error. */
async function said(files: Files, full: boolean): Promise<string[]> {
  const opener = full ? { opener: { privateKeys: [world.client] } } : {}
  try {
    const report = await verifyPackage({ destination: inMemory(files), trust: world.trust, ...opener })
    return report.findings.map(({ code }) => code).filter((code) => code !== 'items-lost')
  } catch (thrown) {
    return [asRestituteError(thrown).code]
  }
}

function same(files: Files): boolean {
  const kept = [...files].filter(([file, content]) => sound.get(file)?.equals(content))
  return kept.length === sound.size && files.size === sound.size
}

it('passes over none of a thousand random changes, and finds nothing where nothing changed', async () => {
  expect(await said(sound, false)).toEqual([])
  expect(await said(sound, true)).toEqual([])
  let run = 0
  await fc.assert(
    fc.asyncProperty(change, async (apply) => {
      const files = new Map(sound)
      apply(files)
      fc.pre(!same(files))
      const found = await said(files, run++ % 20 === 0)
      expect(found).not.toEqual([])
      expect(found).not.toContain('internal')
    }),
    { numRuns: changes },
  )
})
