import type { JsonObject } from '@restitute/core'
import type { Reader } from '../content/reader.ts'
import { fileSystemAt } from './file-systems.ts'
import { type PartitionTable, partitionsOf } from './partitions.ts'

/** Reads a few bytes of a disk: what lies beyond its end is missing. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>

/**
 * What a disk holds, for the client's information: its partition table, and what looks like a file system in each
 * partition or on the whole. Nothing is mounted, everything is bounded; what makes no sense is left out.
 */
export async function insideOf(reader: Reader, signal: AbortSignal): Promise<JsonObject | undefined> {
  const readAt: ReadAt = (offset, length) => bytesAt(reader, offset, length, signal)
  const table = await partitionsOf(readAt, reader.size)
  if (table !== undefined) return described(table, readAt)
  const holds = await fileSystemAt(readAt, 0)
  return holds === undefined ? undefined : { holds }
}

async function described({ kind, partitions }: PartitionTable, readAt: ReadAt): Promise<JsonObject> {
  const list: JsonObject[] = []
  for (const partition of partitions) {
    const holds = await fileSystemAt(readAt, partition.start)
    list.push({ ...partition, ...(holds !== undefined && { holds }) })
  }
  return { table: kind, partitions: list }
}

async function bytesAt(reader: Reader, offset: number, length: number, signal: AbortSignal): Promise<Buffer> {
  const available = Math.max(0, Math.min(length, reader.size - offset))
  const bytes = Buffer.alloc(available)
  let at = 0
  for await (const chunk of reader.read([{ offset, length: available }], signal)) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
