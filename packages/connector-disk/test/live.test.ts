import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { diskConnector } from '../src/index.ts'
import { calm, carry, streamOf } from './support/carry.ts'
import { run, tempFolder } from './support/places.ts'

const ready = havePrograms('qemu-img', 'qemu-nbd', 'qemu-io', 'qemu-system-x86_64')

/** A machine whose processors are stopped, once it is there; what is written to it are commands of its monitor. */
async function started(path: string, format: string): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const machine = '-accel tcg -S -nodefaults -no-user-config -display none -monitor stdio -m 16'.split(' ')
  const drive = `file=${path},format=${format},if=virtio`
  const child = spawn('qemu-system-x86_64', [...machine, '-drive', drive], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  child.stdout.resume()
  return child
}

/** The same, running until it is disposed of. */
async function running(path: string, format: string): Promise<AsyncDisposable> {
  const child = await started(path, format)
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

describe.skipIf(!ready)('a machine that runs', () => {
  it.each(['qcow2', 'raw'])('on a %s disk is refused, for export and for destruction', async (format) => {
    await using temp = await tempFolder()
    const path = join(temp.path, `x.${format}`)
    run('qemu-img', 'create', '-q', '-f', format, path, '1M')
    {
      await using _machine = await running(path, format)
      await expect(carry(`disk:${path}`)).rejects.toMatchObject({ code: 'source-unreachable' })
      const destroyer = diskConnector.destroyer({ name: 'guest', url: `disk:${path}` }, calm)
      await expect(destroyer).rejects.toMatchObject({ code: 'source-unreachable' })
    }
    expect((await carry(`disk:${path}`)).losses).toEqual([])
  })

  it('may go on in an overlay while the image below it, a snapshot, is exported', async () => {
    await using temp = await tempFolder()
    const [base, overlay] = [join(temp.path, 'base.qcow2'), join(temp.path, 'overlay.qcow2')]
    run('qemu-img', 'create', '-q', '-f', 'qcow2', base, '1M')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', base, '-F', 'qcow2', overlay)
    await using _machine = await running(overlay, 'qcow2')
    expect((await carry(`disk:${base}`)).losses).toEqual([])
    await expect(carry(`disk:${overlay}`)).rejects.toMatchObject({ code: 'source-unreachable' })
  })

  it('under another hypervisor, which sets no locks, is refused, too', async () => {
    await using temp = await tempFolder()
    const path = join(temp.path, 'x.vdi')
    run('qemu-img', 'create', '-q', '-f', 'vdi', path, '1M')
    {
      await using _held = await open(path, 'r+')
      await expect(carry(`disk:${path}`)).rejects.toMatchObject({ code: 'source-unreachable' })
    }
    expect((await carry(`disk:${path}`)).losses).toEqual([])
  })
})

describe.skipIf(!ready)('an image that changes while it is read', () => {
  it('is lost, not delivered as whole', async () => {
    await using temp = await tempFolder()
    const path = join(temp.path, 'x.qcow2')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', path, '1M')
    run('qemu-io', '-c', 'write -P 0x41 0 256k', path)
    await using exporter = await diskConnector.freeze({ name: 'guest', url: `disk:${path}` }, calm)
    const items = await Array.fromAsync(exporter.inventory(calm))
    const limits = { bytes: 2 ** 30, items: 10, partBytes: 2 ** 16 }
    const [shard] = await Array.fromAsync(exporter.shards(streamOf(items), limits))
    const losses: string[] = []
    let touched = false
    for await (const read of exporter.read(shard as never, streamOf(items), calm)) {
      if ('lost' in read) losses.push(read.lost)
      else for await (const _ of read.content());
      if (!touched) await writeFile(path, 'x', { flag: 'a' })
      touched = true
    }
    expect(losses).toEqual(['changed while it was read'])
  })

  it('or is replaced by one of another size between inventory and reading is lost', async () => {
    await using temp = await tempFolder()
    const [path, other] = [join(temp.path, 'x.raw'), join(temp.path, 'other')]
    await writeFile(path, Buffer.alloc(100_000, 'a'))
    await writeFile(other, Buffer.alloc(50_000, 'b'))
    await using exporter = await diskConnector.freeze({ name: 'guest', url: `disk:${path}` }, calm)
    const items = await Array.fromAsync(exporter.inventory(calm))
    await copyFile(other, path)
    const limits = { bytes: 2 ** 30, items: 10, partBytes: 2 ** 30 }
    const [shard] = await Array.fromAsync(exporter.shards(streamOf(items), limits))
    const read = await Array.fromAsync(exporter.read(shard as never, streamOf(items), calm))
    expect(read.filter((one) => 'lost' in one)).toHaveLength(1)
  })
})

describe.skipIf(!ready)('a snapshot of a machine that ran', () => {
  it('comes without its memory, which is stated as lost', async () => {
    await using temp = await tempFolder()
    const path = join(temp.path, 'x.qcow2')
    run('qemu-img', 'create', '-q', '-f', 'qcow2', path, '1M')
    const machine = await started(path, 'qcow2')
    machine.stdin.end('savevm of-the-night\nquit\n')
    await once(machine, 'exit')
    const all = await carry(`disk:${path}?snapshots=all`)
    expect(all.losses).toEqual([
      { item: 'disk/disk@1/memory', lost: expect.stringContaining('the memory of the machine') },
    ])
    expect(all.items.map(({ id }) => id)).toEqual(['disk/disk', 'disk/disk@1', 'disk/disk@1/memory'])
    expect((await carry(`disk:${path}?snapshots=none`)).losses).toEqual([])
  })
})
