import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { available, havePrograms } from '../../../test/support/programs.ts'
import { inventory } from './support/export.ts'
import { tempFolder } from './support/places.ts'

const canServe =
  havePrograms('qemu-img', 'qemu-storage-daemon') && available(mayUse('/dev/fuse'), 'no right to use FUSE')

function mayUse(device: string): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Serves compressed blocks as a file, `<root>/disk`: it occupies less than its size, and has no holes. */
async function serve(folder: string, root: string): Promise<AsyncDisposable> {
  const [plain, packed, file] = [join(folder, 'plain'), join(folder, 'packed'), join(root, 'disk')]
  await writeFile(plain, Buffer.alloc(1024 * 1024, 'Madame, Monsieur,'))
  await writeFile(file, '')
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-c', '-O', 'qcow2', plain, packed])
  const block = `driver=qcow2,node-name=q,read-only=on,file.driver=file,file.filename=${packed}`
  const server = spawn('qemu-storage-daemon', [
    ...['--blockdev', block],
    ...['--export', `fuse,id=e,node-name=q,mountpoint=${file},allow-other=off`],
  ])
  const ended = once(server, 'exit')
  const stop = async (): Promise<void> => {
    server.kill()
    await ended
  }
  await vi.waitFor(() => expect(statSync(file).size).toBeGreaterThan(0), 5000)
  return { [Symbol.asyncDispose]: stop }
}

describe('a file on a file system that compresses', () => {
  it.runIf(canServe)('has no holes that a copy elsewhere could lack', async () => {
    await using folder = await tempFolder()
    const root = join(folder.path, 'tree')
    await mkdir(root)
    await using _server = await serve(folder.path, root)
    const { blocks, size } = statSync(join(root, 'disk'))
    expect(blocks * 512).toBeLessThan(size)
    const items = await inventory(root)
    expect(items.map(({ id, lost }) => [id, lost])).toEqual([
      ['./', undefined],
      ['disk', undefined],
    ])
    expect(items[1]?.attributes).not.toHaveProperty('allocated')
  })
})
