import { lstat } from 'node:fs/promises'
import {
  type Entry,
  type Exporter,
  type Item,
  isoTime,
  type Json,
  type Loss,
  RestituteError,
  type Shard,
  type ShardLimits,
  type SourceSpec,
  systemClock,
  throwIfInterrupted,
  type View,
} from '@restitute/core'
import { bytesOf, extentsOf } from './content/extents.ts'
import type { Range } from './content/reader.ts'
import { itemOf } from './items.ts'
import { fingerprintOf } from './machine/fingerprint.ts'
import { loadMachine, unreachable } from './machine/load.ts'
import type { Machine, Member } from './machine/machine.ts'
import { usedByOthers } from './machine/used-by-others.ts'
import { OpenReader } from './open-reader.ts'
import { readShard } from './read.ts'
import { diskShards } from './shards.ts'
import { parseUrl } from './url.ts'

/**
 * Reads the disks of a machine that nobody writes to: nothing is frozen, but images in use are refused, and whatever
 * changes meanwhile is lost (R6). Other workers join by the token, which names all files.
 */
class DiskExporter implements Exporter {
  readonly view: View
  readonly #machine: Machine
  readonly #members: ReadonlyMap<string, Member>
  readonly #readers = new OpenReader()

  constructor(machine: Machine, view: View) {
    this.view = view
    this.#machine = machine
    this.#members = new Map(machine.members.map((member) => [member.id, member]))
  }

  async *inventory(signal: AbortSignal): AsyncIterable<Item> {
    for (const member of this.#machine.members) {
      throwIfInterrupted(signal)
      yield await itemOf(member, signal)
    }
  }

  shards(items: AsyncIterable<Item>, limits: ShardLimits): AsyncIterable<Shard> {
    return diskShards(items, limits, (item, range) => this.#measure(item, range))
  }

  read(shard: Shard, items: AsyncIterable<Item>, signal: AbortSignal): AsyncIterable<Entry | Loss> {
    const modified = BigInt(Date.parse(this.view.takenAt)) * 1_000_000n
    const reading = {
      members: this.#members,
      readers: this.#readers,
      modified,
    }
    return readShard(reading, shard, items, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#readers.close()
  }

  /** What cannot be read weighs as if it were full: the shard that reads it then says so. */
  async #measure({ id, lost }: Item, range: Range): Promise<number> {
    const member = this.#members.get(id)
    if (member === undefined || lost !== undefined) return range.length
    try {
      const signal = new AbortController().signal
      const reader = await this.#readers.of(member, signal)
      const extents = await extentsOf(reader.data(range, signal), range)
      return extents === undefined ? range.length : bytesOf(extents)
    } catch {
      await this.#readers.close()
      return range.length
    }
  }
}

/** What other images are based on is how a machine was when it went on in an overlay: a snapshot of it. */
async function isBelowOthers(machine: Machine, { url }: SourceSpec): Promise<boolean> {
  const used = await usedByOthers(machine, parseUrl(url))
  return machine.members.some(({ content }) => content !== undefined && used.has(content.image.path))
}

/** Opens the machine of a source; see {@link loadMachine} for the errors. */
export async function freezeDisks(source: SourceSpec, signal: AbortSignal): Promise<Exporter> {
  const machine = await loadMachine(source, signal)
  const takenAt = isoTime(systemClock.now())
  return new DiskExporter(machine, {
    token: machine as unknown as Json,
    point: `${machine.members.length} items, no program writing to them at ${takenAt}`,
    consistency: machine.read || (await isBelowOthers(machine, source)) ? 'snapshot' : 'quiesced',
    takenAt,
    fingerprint: machine.fingerprint,
  })
}

/** Joins a view; throws `source-view-lost` when another machine is in its place. */
export async function joinDisks(source: SourceSpec, view: View, signal: AbortSignal): Promise<Exporter> {
  throwIfInterrupted(signal)
  const machine = view.token as unknown as Machine
  const stats = await lstat(machine.path, { bigint: true }).catch((cause: unknown) => {
    throw unreachable(source.url, cause)
  })
  const found = await fingerprintOf(machine.path, stats)
  if (found === view.fingerprint) return new DiskExporter(machine, view)
  throw new RestituteError(
    'source-view-lost',
    `source ${source.url}: expected machine ${view.fingerprint}, got ${found}`,
  )
}
