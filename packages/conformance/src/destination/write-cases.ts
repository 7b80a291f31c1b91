import { deepEqual, equal, ok } from 'node:assert/strict'
import { createCipheriv, createHash } from 'node:crypto'
import type { Destination, PendingFile } from '@restitute/core'
import { bytesOf, rejects } from '../check.ts'
import type { Case, DestinationSetup } from '../types.ts'
import { listed, withDestination, writeFile } from './with-destination.ts'

/** Files appear whole or not at all. */
export function writeCases(setup: DestinationSetup): Case[] {
  return withDestination(setup, {
    'write: a file appears under its name by commit, not before': async (destination) => {
      await using file = await destination.create('volumes/000001')
      await file.write(Buffer.from('first, '))
      await rejects(bytesOf(destination.read('volumes/000001')), 'not-found')
      deepEqual(await listed(destination), [])
      await file.write(Buffer.from('second'))
      await file.commit()
      equal((await bytesOf(destination.read('volumes/000001'))).toString(), 'first, second')
      deepEqual(await listed(destination), [{ name: 'volumes/000001', bytes: 13 }])
    },
    'write: given up before commit, it leaves nothing': async (destination) => {
      {
        await using file = await destination.create('volumes/000001')
        await file.write(Buffer.from('never to be seen'))
      }
      deepEqual(await listed(destination), [])
      await rejects(bytesOf(destination.read('volumes/000001')), 'not-found')
    },
    'write: the older file of that name stays until commit': checkReplacement,
    'write: a file may be empty': async (destination) => {
      await writeFile(destination, 'empty', '')
      deepEqual(await listed(destination), [{ name: 'empty', bytes: 0 }])
      equal((await bytesOf(destination.read('empty'))).length, 0)
    },
    'write: two files at once do not mix': checkTwoWriters,
    'write: what is large comes back equal, however it was cut': checkLarge,
    'write: the memory of a chunk may be filled anew as soon as it was taken': checkReusedMemory,
    'resume: content that was known goes on after a cut, and is whole': checkResumed,
    'resume: what was cut off does not get into other content': checkOtherContent,
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

/** More than any destination sends at once, out of one piece of memory. */
async function checkReusedMemory(destination: Destination): Promise<void> {
  const [pieces, pieceBytes] = [40, 256 * 1024]
  const memory = Buffer.alloc(pieceBytes)
  await using file = await destination.create('volumes/000001')
  for (let piece = 0; piece < pieces; piece++) {
    memory.fill(piece + 1)
    await file.write(memory)
  }
  memory.fill(0xff)
  await file.commit()
  const expected = Buffer.concat(Array.from({ length: pieces }, (_, i) => Buffer.alloc(pieceBytes, i + 1)))
  ok(expected.equals(await bytesOf(destination.read('volumes/000001'))))
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
  deepEqual(await listed(destination), [{ name: 'index/kept', bytes: 4 }])
  equal((await bytesOf(destination.read('index/kept'))).toString(), 'kept')
}

/** Larger than any buffer or part on the way, no two blocks of it alike. */
function largeContent(seed: string): Buffer {
  const key = createHash('sha256').update(seed).digest()
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(20_971_523))
}

/** In pieces of uneven sizes; up to `end` only, where it is given. */
async function writePieces(file: PendingFile, content: Buffer, end: number = content.length): Promise<void> {
  for (let at = 0, size = 1; at < end; at += size, size = ((size * 7) % 300_007) + 1) {
    await file.write(content.subarray(at, Math.min(at + size, end)))
  }
}

async function checkLarge(destination: Destination): Promise<void> {
  const content = largeContent('whole')
  await using file = await destination.create('volumes/000001')
  await writePieces(file, content)
  await file.commit()
  deepEqual(await listed(destination), [{ name: 'volumes/000001', bytes: content.length }])
  ok(content.equals(await bytesOf(destination.read('volumes/000001', { fresh: true }))))
  const offset = content.length - 9_000_001
  ok(content.subarray(offset).equals(await bytesOf(destination.read('volumes/000001', { offset }))))
}

async function checkResumed(destination: Destination): Promise<void> {
  const content = largeContent('cut')
  const sha256 = createHash('sha256').update(content).digest('hex')
  for (const cut of [0, content.length / 2, content.length - 1]) {
    await using file = await destination.create('volumes/000001', { sha256 })
    await writePieces(file, content, Math.floor(cut))
  }
  deepEqual(await listed(destination), [])
  await destination.sweep({ still: [{ name: 'volumes/000001', sha256 }] })
  {
    await using file = await destination.create('volumes/000001', { sha256 })
    await writePieces(file, content)
    await file.commit()
  }
  await destination.sweep()
  deepEqual(await listed(destination), [{ name: 'volumes/000001', bytes: content.length }])
  ok(content.equals(await bytesOf(destination.read('volumes/000001'))))
}

async function checkOtherContent(destination: Destination): Promise<void> {
  const [first, second] = [largeContent('first'), largeContent('second')]
  {
    const sha256 = createHash('sha256').update(first).digest('hex')
    await using file = await destination.create('volumes/000001', { sha256 })
    await writePieces(file, first)
  }
  const sha256 = createHash('sha256').update(second).digest('hex')
  await using file = await destination.create('volumes/000001', { sha256 })
  await writePieces(file, second)
  await file.commit()
  ok(second.equals(await bytesOf(destination.read('volumes/000001'))))
}
