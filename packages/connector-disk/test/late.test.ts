import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { diskConnector } from '../src/index.ts'
import { calm } from './support/carry.ts'
import { run, tempFolder } from './support/places.ts'

const ready = havePrograms('qemu-img', 'qemu-io')
const overlay = (folder: string): void =>
  void run(
    'qemu-img',
    'create',
    '-q',
    '-f',
    'qcow2',
    '-b',
    'leaf.qcow2',
    '-F',
    'qcow2',
    join(folder, 'over.qcow2'),
  )

/** base ← leaf, and a note, in a folder. */
async function machineIn(folder: string): Promise<string> {
  const machine = join(folder, 'machine')
  await mkdir(machine)
  await writeFile(join(machine, 'base.raw'), Buffer.alloc(2 ** 20, 'base'))
  await writeFile(join(machine, 'note'), 'of the machine')
  run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', join(machine, 'leaf.qcow2'))
  return machine
}

describe.skipIf(!ready)('a machine after its destruction was begun', () => {
  it.each<[string, string, (machine: string) => unknown]>([
    [
      'whose disk is written to',
      '/leaf.qcow2',
      (machine) => run('qemu-io', '-c', 'write 0 512', join(machine, 'leaf.qcow2')),
    ],
    ['whose base is written to', '/leaf.qcow2', (machine) => appendFile(join(machine, 'base.raw'), 'x')],
    ['that goes on in an overlay', '/leaf.qcow2', overlay],
    ['of which a file is changed', '', (machine) => appendFile(join(machine, 'note'), 'x')],
    ['to which a file comes', '', (machine) => writeFile(join(machine, 'more'), 'x')],
    ['that goes on in an overlay in its folder', '', overlay],
  ])('%s stays, with all that is there', async (_, source, write) => {
    await using temp = await tempFolder()
    const machine = await machineIn(temp.path)
    const spec = { name: 'guest', url: `disk:${machine}${source}` }
    await using destroyer = await diskConnector.destroyer(spec, calm)
    await write(machine)
    const before = await readdir(machine)
    await expect(Array.fromAsync(destroyer.destroy(calm))).rejects.toMatchObject({
      code: 'destroy-failed',
      details: { untouched: true },
    })
    expect(await readdir(machine)).toEqual(before)
    expect(await readdir(temp.path)).toEqual(['machine'])
  })

  it('that was only read goes', async () => {
    await using temp = await tempFolder()
    const machine = await machineIn(temp.path)
    await using destroyer = await diskConnector.destroyer({ name: 'guest', url: `disk:${machine}` }, calm)
    run('qemu-io', '-r', '-c', 'read 0 512', join(machine, 'leaf.qcow2'))
    await Array.fromAsync(destroyer.destroy(calm))
    expect(existsSync(machine)).toBe(false)
  })
})
