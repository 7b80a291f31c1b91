import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { throwIfInterrupted } from '@restitute/core'
import { ended, haveTools, killedBy, start } from '../tools.ts'
import { type Image, openImage, topNodeOf } from './image.ts'

/** One line of `qemu-img map --output=json`. */
interface Mapped {
  /** Bytes of the disk before it. */
  readonly start: number
  readonly length: number
  /** Where it lies in its file; absent for what lies nowhere, or is compressed. */
  readonly offset?: number
}

const limits = { cpuSeconds: 600 }

/**
 * Whether an image refers to data behind the end of one of its files, as one does that was copied in part, by what QEMU maps
 * without reading it. Of what it cannot map it will say so when it reads it.
 */
export async function mapsBehind(image: Image, signal: AbortSignal): Promise<boolean> {
  await haveTools()
  const stretches = image.stretches ?? [{ start: 0, path: image.path }]
  const ends = await Array.fromAsync(stretches, ({ path }) => endOf(path))
  const args = ['map', '--output=json', `json:${JSON.stringify(topNodeOf(image))}`]
  const child = start('qemu-img', args, limits)
  using _ = killedBy(signal, child)
  const exit = ended(child)
  let behind = false
  child.stderr?.resume()
  for await (const line of createInterface({ input: Readable.from(child.stdout ?? []) })) {
    const { start: at, length, offset } = mappedIn(line)
    const stretch = stretches.findLastIndex(({ start: first }) => first <= at)
    if (offset !== undefined && offset + length > (ends[stretch] ?? 0)) behind = true
  }
  await exit
  throwIfInterrupted(signal)
  return behind
}

/** Bytes of a file; of a device nothing is behind its end. */
async function endOf(path: string): Promise<number> {
  await using handle = await openImage(path)
  const stats = await handle.stat()
  return stats.isFile() ? stats.size : Number.POSITIVE_INFINITY
}

/** The array is written an element a line. */
function mappedIn(line: string): Mapped {
  const element = line.replace(/^\[/, '').replace(/[,\]]\s*$/, '')
  return element.trim() === '' ? { start: 0, length: 0 } : (JSON.parse(element) as Mapped)
}
