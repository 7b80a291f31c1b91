import { beforeAll, expect, it } from 'vitest'
import { directoryDestination } from '../src/index.ts'
import { expectCode, fileEntry, namesIn, newKey, temporaryFolder, volumeOf } from './helpers.ts'

let key: Awaited<ReturnType<typeof newKey>>
beforeAll(async () => {
  key = await newKey('client')
})

it('a volume says when it is packed: every entry was told of, nothing is in its place', async () => {
  const destination = directoryDestination(temporaryFolder())
  const seen: unknown[] = []
  const onEntry = ({ path }: { path: string }) => void seen.push(path)
  const onPacked = async () => void seen.push(await namesIn(destination))
  await volumeOf(destination, [fileEntry('data/a', 'a'), fileEntry('data/b', 'b')], key, {
    onEntry,
    onPacked,
  })
  expect(seen).toEqual(['data/a', 'data/b', []])
  expect(await namesIn(destination)).toHaveLength(1)
})

it('a volume leaves nothing behind when it is stopped between packing and flushing', async () => {
  const destination = directoryDestination(temporaryFolder())
  const abort = new AbortController()
  const onPacked = async () => abort.abort()
  const made = volumeOf(destination, [fileEntry('data/a', 'a')], key, { onPacked, signal: abort.signal })
  await expectCode(made, 'interrupted')
  expect(await Array.fromAsync(destination.list({ unfinished: true }))).toEqual([])
})
