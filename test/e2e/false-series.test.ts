import { expect, it } from 'vitest'
import { openPackage } from '../../packages/archive/src/index.ts'
import type { IndexItem, IndexLine } from '../../packages/manifest/src/index.ts'
import { openSeries } from '../../packages/run/src/index.ts'
import { makePackage } from '../../packages/verify/test/support/package.ts'
import { newWorld } from '../../packages/verify/test/support/world.ts'

/*
 * Packages of a delivery that are each sound, and of which the second does not follow from the first: who accepted them would
 * hold something else than what the newest one says.
 */

const world = newWorld()
const { signal } = new AbortController()

/** Opens the sound package together with one that continues it and states these items instead. */
async function opened(change: (items: IndexItem[]) => IndexItem[]): Promise<void> {
  const first = await openPackage((await makePackage(world.fresh(), world.host, world.client)).destination)
  const base = { package: first.manifest.package, manifestSha256: first.sha256 }
  const second = await makePackage(world.fresh(), world.host, world.client, {
    lines: (lines) => change(lines.flatMap(unchanged)),
    manifest: (m) => ({ ...m, package: 'R1-0002', sequence: 2, base }),
  })
  const packages = [first, await openPackage(second.destination)]
  await using _series = await openSeries(packages, { privateKeys: [world.client] }, signal)
}

function unchanged(line: IndexLine): IndexItem[] {
  if ('entry' in line) return []
  return [line.state === 'exported' ? { ...line, state: 'unchanged' } : line]
}

const changed =
  (id: string, change: Partial<IndexItem>) =>
  (items: IndexItem[]): IndexItem[] =>
    items.map((one) => (one.item === id ? { ...one, ...change } : one))
const without = (id: string) => (items: IndexItem[]) => items.filter(({ item }) => item !== id)

it('takes a second package that says of every item of the first what became of it', async () => {
  await expect(opened((items) => items)).resolves.toBeUndefined()
  await expect(opened(changed('a.txt', { state: 'removed' }))).resolves.toBeUndefined()
})

it.each([
  ['does not name an item that the first delivered', without('a.txt')],
  ['does not name an item that the first lost', without('torn')],
  ['calls an item unchanged that has another digest', changed('a.txt', { digest: '0'.repeat(64) })],
  ['calls an item unchanged that was lost', changed('torn', { state: 'unchanged' })],
])('refuses a second package that %s', async (_what, change) => {
  await expect(opened(change)).rejects.toMatchObject({ code: 'invalid' })
})
