import { deepEqual, equal } from 'node:assert/strict'
import type { Destination } from '@restitute/core'
import { all, bytesOf, rejects } from '../check.ts'
import type { Case, DestinationSetup } from '../types.ts'
import { withDestination, writeFile } from './with-destination.ts'

/** Files appear whole or not at all. */
export function writeCases(setup: DestinationSetup): Case[] {
  return withDestination(setup, {
    'write: a file appears under its name by commit, not before': async (destination) => {
      await using file = await destination.create('volumes/000001')
      await file.write(Buffer.from('first, '))
      await rejects(bytesOf(destination.read('volumes/000001')), 'not-found')
      deepEqual(await all(destination.list()), [])
      await file.write(Buffer.from('second'))
      await file.commit()
      equal((await bytesOf(destination.read('volumes/000001'))).toString(), 'first, second')
      deepEqual(await all(destination.list()), [{ name: 'volumes/000001', bytes: 13 }])
    },
    'write: given up before commit, it leaves nothing': async (destination) => {
      {
        await using file = await destination.create('volumes/000001')
        await file.write(Buffer.from('never to be seen'))
      }
      deepEqual(await all(destination.list()), [])
      await rejects(bytesOf(destination.read('volumes/000001')), 'not-found')
    },
    'write: the older file of that name stays until commit': checkReplacement,
    'write: a file may be empty': async (destination) => {
      await writeFile(destination, 'empty', '')
      deepEqual(await all(destination.list()), [{ name: 'empty', bytes: 0 }])
      equal((await bytesOf(destination.read('empty'))).length, 0)
    },
    'write: two files at once do not mix': checkTwoWriters,
    'sweep: what is unfinished goes, what is finished stays': checkSweep,
  })
}

async function checkReplacement(destination: Destination): Promise<void> {
  await writeFile(destination, 'manifest.json', 'old')
  await using file = await destination.create('manifest.json')
  await file.write(Buffer.from('new, and longer'))
  equal((await bytesOf(destination.read('manifest.json'))).toString(), 'old')
  await file.commit()
  equal((await bytesOf(destination.read('manifest.json'))).toString(), 'new, and longer')
}

async function checkTwoWriters(destination: Destination): Promise<void> {
  await using first = await destination.create('a')
  await using second = await destination.create('b')
  for (let i = 0; i < 10; i++) {
    await Promise.all([first.write(Buffer.alloc(1000, 'a')), second.write(Buffer.alloc(1000, 'b'))])
  }
  await Promise.all([first.commit(), second.commit()])
  equal((await bytesOf(destination.read('a'))).toString(), 'a'.repeat(10_000))
  equal((await bytesOf(destination.read('b'))).toString(), 'b'.repeat(10_000))
}

async function checkSweep(destination: Destination): Promise<void> {
  await writeFile(destination, 'index/kept', 'kept')
  await using lost = await destination.create('index/lost')
  await lost.write(Buffer.from('left behind by a crash'))
  await destination.sweep()
  deepEqual(await all(destination.list()), [{ name: 'index/kept', bytes: 4 }])
  equal((await bytesOf(destination.read('index/kept'))).toString(), 'kept')
}
