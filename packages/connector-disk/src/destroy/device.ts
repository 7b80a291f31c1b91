import { constants } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import {
  type Destroyer,
  type DestroyStep,
  type DestructionMethod,
  type SourceSpec,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { inUse } from '../image/look.ts'
import { deviceBytes, deviceNumber } from '../machine/device.ts'
import { fingerprintOf } from '../machine/fingerprint.ts'
import { unreachable } from '../machine/load.ts'
import { marksOf } from '../machine/marks.ts'
import { useOf } from '../machine/use.ts'
import { parseUrl } from '../url.ts'
import { refused } from './doomed.ts'
import { isZeros, punch, writeZeros } from './erase.ts'
import { refuseLate, untouched } from './late.ts'
import { deviceMethod } from './method.ts'
import { isMagnetic } from './storage.ts'

/** Whether a path is one of a device: what is not there then is not attached, which is not gone. */
export function namesDevice(path: string): boolean {
  return path.startsWith('/dev/') && !path.startsWith('/dev/shm/')
}

/** A block device, as it was when that was decided. */
interface Device {
  readonly path: string
  readonly fingerprint: string
  readonly bytes: number
  readonly how: 'overwrite' | 'discard'
  /** What had been written to it. */
  readonly mark: string
}

/**
 * Overwrites or discards all of a block device: it stays, empty. Throws `destroy-failed` when the URL does not say which,
 * or when the device is mounted, part of another one, or otherwise in use; `source-unreachable` when a program writes to it.
 */
export async function deviceDestroyer(
  path: string,
  { url }: SourceSpec,
  signal: AbortSignal,
): Promise<Destroyer> {
  const { destroy: how } = parseUrl(url)
  if (how === undefined)
    throw refused(
      path,
      'a block device has no name to remove: expected ?destroy=overwrite or ?destroy=discard',
    )
  const stats = await lstat(path, { bigint: true }).catch((cause: unknown) => {
    throw unreachable(url, cause)
  })
  if (!stats.isBlockDevice()) throw refused(path, 'expected a block device')
  const device = {
    path,
    fingerprint: await fingerprintOf(path, stats),
    bytes: await deviceBytes(stats.rdev),
    how,
    mark: await marksOf([path]),
  }
  await expectUnused(path, signal)
  await using _free = await openAlone(path)
  return {
    fingerprint: device.fingerprint,
    method: await methodOf(how, stats.rdev),
    plan: (stop) => plan(device, stop),
    destroy: (stop) => destroy(device, stop),
    async [Symbol.asyncDispose]() {},
  }
}

/** Throws `source-unreachable` where somebody writes to it. */
async function expectUnused(path: string, signal: AbortSignal): Promise<void> {
  const { written } = await useOf(new Set([path]), signal)
  if (written !== undefined) throw inUse(written)
}

async function methodOf(how: Device['how'], device: bigint): Promise<DestructionMethod> {
  return deviceMethod(how, await isMagnetic(deviceNumber(device)))
}

async function* plan({ path, bytes, how }: Device, signal: AbortSignal): AsyncIterable<DestroyStep> {
  if (!(await isErased(path, bytes, signal))) yield { action: how, object: path, count: bytes }
}

async function* destroy(device: Device, signal: AbortSignal): AsyncIterable<DestroyStep> {
  throwIfInterrupted(signal)
  for await (const step of plan(device, signal)) {
    await erase(device, signal)
    yield step
  }
}

/** Under one exclusive opening: nobody can mount it, nor put another device in its place, in between. */
async function erase({ path, fingerprint, bytes, how, mark }: Device, signal: AbortSignal): Promise<void> {
  await expectUnused(path, signal).catch(untouched)
  await using handle = await openAlone(path)
  const found = await fingerprintOf(path, await handle.stat({ bigint: true }))
  if (found !== fingerprint) throw refused(path, `it was replaced: expected ${fingerprint}, got ${found}`)
  await refuseLate(path, mark, async () => [path])
  try {
    if (how === 'discard') await punch(path, bytes, signal)
    else await writeZeros(handle, { offset: 0, length: bytes }, signal)
    await handle.sync()
  } catch (cause) {
    throwIfInterrupted(signal)
    throw refused(path, systemCode(cause) ?? (cause instanceof Error ? cause.message : 'failed'), cause)
  }
}

/** Linux gives a block device to one exclusive holder: who mounts it, maps it or makes a part of it is one (open(2), O_EXCL). */
async function openAlone(path: string): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_EXCL
  return open(path, flags).catch((cause: unknown) => {
    const reason = systemCode(cause) ?? 'failed'
    throw refused(path, reason === 'EBUSY' ? 'it is mounted, or another device is made of it' : reason, cause)
  })
}

/** Whether all of a device reads as zeros. */
export async function isErased(path: string, bytes: number, signal: AbortSignal): Promise<boolean> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  return await isZeros(handle, bytes, signal)
}
