import { deepEqual, equal, ok } from 'node:assert/strict'
import { compareUtf8, type Destination, RestituteError } from '@restitute/core'
import { bytesOf, rejects } from '../check.ts'
import type { Case, DestinationSetup } from '../types.ts'
import { listed, withDestination, writeFile } from './with-destination.ts'

const names = [
  'LISEZMOI.md',
  'SHA256SUMS',
  'index/records-01.jsonl.zst.pgp',
  'keys/host.asc',
  'manifest.json',
  'manifest.json.0123.asc',
  'volumes-list',
  'volumes/000001.tar.zst.pgp',
  'volumes/000002.tar.zst.pgp',
]

const leadingOut = ['../outside', 'volumes/../../outside', '/outside', 'volumes//000001', './a', '']

/** Reading, listing, names. */
export function readCases(setup: DestinationSetup): Case[] {
  return withDestination(setup, {
    'list: every file with its size, ascending by name': checkList,
    'list: shallow, none of what lies in folders': async (destination) => {
      for (const name of names) await writeFile(destination, name, name)
      const found = await Array.fromAsync(destination.list({ shallow: true }))
      deepEqual(
        found.map(({ name }) => name),
        names.filter((name) => !name.includes('/')),
      )
    },
    'list: a destination without files is empty, not an error': async (destination) => {
      deepEqual(await listed(destination), [])
    },
    'read: from an offset to the end': checkOffset,
    'read: past the page cache it is the same': async (destination) => {
      const bytes = Buffer.alloc(300_000, 'volume ')
      await writeFile(destination, 'volumes/000001', bytes)
      ok(bytes.equals(await bytesOf(destination.read('volumes/000001', { fresh: true }))))
    },
    'read: interrupted, it ends as such': async (destination) => {
      await writeFile(destination, 'a', 'a')
      await rejects(bytesOf(destination.read('a', { signal: AbortSignal.abort() })), 'interrupted')
    },
    'read: a file that is not there is not found': async (destination) => {
      await writeFile(destination, 'a', 'a')
      await rejects(bytesOf(destination.read('b')), 'not-found')
      await rejects(bytesOf(destination.read('folder/b')), 'not-found')
    },
    'remove: the file is gone, the others stay': checkRemove,
    'names: one that leads out of the destination is refused': checkNames,
    'space: a number of bytes, or unknown': async (destination) => {
      const free = await destination.freeBytes()
      ok(free === undefined || (Number.isFinite(free) && free >= 0), `free bytes: ${free}`)
    },
  })
}

async function checkList(destination: Destination): Promise<void> {
  for (const name of names.toReversed()) await writeFile(destination, name, name)
  const expected = names.toSorted(compareUtf8).map((name) => ({ name, bytes: name.length }))
  deepEqual(await listed(destination), expected)
}

async function checkOffset(destination: Destination): Promise<void> {
  const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251))
  await writeFile(destination, 'a', bytes)
  for (const offset of [0, 1, 65_536, 199_999, 200_000]) {
    const read = await bytesOf(destination.read('a', { offset }))
    ok(bytes.subarray(offset).equals(read), `offset ${offset}: got ${read.length} bytes`)
  }
}

async function checkRemove(destination: Destination): Promise<void> {
  await writeFile(destination, 'volumes/000001', 'one')
  await writeFile(destination, 'volumes/000002', 'two')
  await destination.remove('volumes/000001')
  deepEqual(await listed(destination), [{ name: 'volumes/000002', bytes: 3 }])
  await rejects(bytesOf(destination.read('volumes/000001')), 'not-found')
}

async function checkNames(destination: Destination): Promise<void> {
  for (const name of leadingOut) {
    const outcome = await writeFile(destination, name, 'outside').catch((thrown: unknown) => thrown)
    ok(outcome instanceof RestituteError, `name ${JSON.stringify(name)} was not refused`)
  }
  equal((await listed(destination)).length, 0)
}
