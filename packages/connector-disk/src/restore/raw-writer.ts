import { open } from 'node:fs/promises'
import type { DiskWriter } from './disk-writer.ts'

/** A new file, holes where nothing is written. */
export async function createRaw(path: string): Promise<DiskWriter> {
  const handle = await open(path, 'wx', 0o600)
  return {
    async write(offset, bytes) {
      for (let at = 0; at < bytes.length; ) {
        at += (await handle.write(bytes, at, bytes.length - at, offset + at)).bytesWritten
      }
    },
    async finish(size) {
      await handle.truncate(size)
      await handle.sync()
    },
    close: () => handle.close(),
  }
}
