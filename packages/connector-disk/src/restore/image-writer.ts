import { open } from 'node:fs/promises'
import { type JsonObject, RestituteError } from '@restitute/core'
import { driverOf, type ImageFormat } from '../image/formats.ts'
import type { NbdConnection } from '../nbd/connection.ts'
import { serve } from '../nbd/server.ts'
import { runTool } from '../tools.ts'
import type { DiskWriter } from './disk-writer.ts'

const unlimited = { fileBytes: Number.POSITIVE_INFINITY }
const inFlight = 8

/** How QEMU is told to make each format that can be written in any order. */
const options: Readonly<Partial<Record<ImageFormat, readonly string[]>>> = {
  qcow2: ['-o', 'compat=1.1'],
  vmdk: ['-o', 'subformat=monolithicSparse'],
  vdi: [],
  vhd: ['-o', 'subformat=dynamic,force_size=on'],
  vhdx: ['-o', 'subformat=dynamic'],
}

/** Whether a restoration can write this format. */
export function canWrite(format: ImageFormat): boolean {
  return format === 'raw' || options[format] !== undefined
}

/** A new image of a disk of `size` bytes, written through a `qemu-nbd` of its own. */
export async function createImage(
  path: string,
  format: ImageFormat,
  size: number,
  signal: AbortSignal,
): Promise<DiskWriter> {
  if (size % 512 !== 0) throw failed(path, `${size} bytes are no whole sectors, which ${format} needs`)
  const create = ['create', '-q', '-f', driverOf(format), ...(options[format] ?? []), path, String(size)]
  const answer = await runTool('qemu-img', create, unlimited, signal)
  if (!Buffer.isBuffer(answer)) throw failed(path, answer.complaint)
  const node: JsonObject = { driver: driverOf(format), file: { driver: 'file', filename: path } }
  const server = await serve([`json:${JSON.stringify(node)}`], unlimited, signal)
  const writes = new Writes(server.connection)
  return {
    write: (offset, bytes) => writes.add(offset, bytes),
    async finish(wanted) {
      await writes.drain()
      if (server.connection.size !== wanted) {
        throw failed(path, `expected ${wanted} bytes, got ${server.connection.size}`)
      }
      await server.connection.flush()
      await server[Symbol.asyncDispose]()
      await using handle = await open(path, 'r')
      await handle.sync()
    },
    async close() {
      await server[Symbol.asyncDispose]()
    },
  }
}

/** A few writes on their way at once; the first failure fails the next call. */
class Writes {
  readonly #connection: NbdConnection
  readonly #pending: Promise<void>[] = []

  constructor(connection: NbdConnection) {
    this.#connection = connection
  }

  async add(offset: number, bytes: Uint8Array): Promise<void> {
    // The caller may use its buffer again before the server has answered.
    const write = this.#connection.write(offset, Buffer.from(bytes))
    write.catch(() => {})
    this.#pending.push(write)
    if (this.#pending.length >= inFlight) await this.#pending.shift()
  }

  async drain(): Promise<void> {
    for (let write = this.#pending.shift(); write; write = this.#pending.shift()) await write
  }
}

function failed(path: string, reason: string): RestituteError {
  return new RestituteError('restore-failed', `write ${path}: ${reason}`, {
    hint: 'a raw image holds any size: ?format=raw',
  })
}
