import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { connectorOf } from '../../cli/src/connectors.ts'
import { directoryDestination, openPackage, type Package } from '../../packages/archive/src/index.ts'
import { type ExportedPackage, openSeries, restoreSource } from '../../packages/run/src/index.ts'
import { entrySet } from '../support/entry-set.ts'
import { exportFrom, newKeys, temporaryFolder, type Variation } from '../support/export.ts'
import { havePrograms } from '../support/programs.ts'

vi.setConfig({ testTimeout: 120_000 })

const ready = havePrograms('qemu-img', 'qemu-nbd', 'qemu-io')
const { signal } = new AbortController()
const keys = await newKeys()
const opener = { privateKeys: [keys.client] }

function io(path: string, ...commands: readonly string[]): void {
  execFileSync('qemu-io', [...commands.flatMap((command) => ['-c', command]), path])
}

/** A machine with a chain of 16 MiB, 4 of them data, and a raw disk. */
async function machineIn(folder: string): Promise<string> {
  const machine = join(folder, 'guest')
  await mkdir(machine)
  const [base, leaf] = [join(machine, 'base.qcow2'), join(machine, 'system.qcow2')]
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', base, '16M'])
  io(base, 'write -P 0x41 0 3M', 'write -P 0x42 12M 1M')
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', 'base.qcow2', '-F', 'qcow2', leaf])
  io(leaf, 'write -P 0x43 1M 64k')
  await writeFile(join(machine, 'data.raw'), Buffer.alloc(700_416, 'data'))
  return machine
}

function exported(folder: string, variation: Variation = {}): Promise<ExportedPackage> {
  return exportFrom(folder, keys, [{ name: 'guest', url: `disk:${join(folder, 'guest')}` }], variation)
}

function opened(done: ExportedPackage): Promise<Package> {
  return openPackage(directoryDestination(done.url.replace('directory:', '')))
}

/** Without BagIt's own files, which name the package. */
async function payload(done: ExportedPackage): Promise<string[]> {
  return (await entrySet(await opened(done), keys.client)).filter((entry) => / (data|disks-)/.test(entry))
}

describe.skipIf(!ready)('disks in packages', () => {
  it('that were interrupted and gone on with by other workers hold the same', async () => {
    await using folder = await temporaryFolder()
    await machineIn(folder.path)
    const abort = new AbortController()
    const progress: Variation['progress'] = ({ task, doneBytes }) => {
      if (task === 'export' && (doneBytes ?? 0) > 2 ** 20) abort.abort()
    }
    const cut = exported(folder.path, { signal: abort.signal, progress })
    await expect(cut).rejects.toMatchObject({ code: 'interrupted' })
    const done = await exported(folder.path)
    expect(done.volumes.reused).toBeGreaterThan(0)
    await using other = await temporaryFolder()
    await machineIn(other.path)
    expect(await payload(done)).toEqual(await payload(await exported(other.path)))
  })

  it('come in two passes, of which the second has only the disk that was written to', async () => {
    await using folder = await temporaryFolder()
    const machine = await machineIn(folder.path)
    const first = await exported(folder.path)
    expect(first.manifest.sources[0]).toMatchObject({ kind: 'disk', view: { consistency: 'quiesced' } })
    io(join(machine, 'system.qcow2'), 'write -P 0x44 8M 128k')
    const second = await exported(folder.path, { base: 'R1-0001', sequence: 2 })
    expect(second.manifest.sources[0]?.totals).toMatchObject({
      exported: { items: 1 },
      unchanged: { items: 1 },
    })
    const packages = [await opened(first), await opened(second)]
    await using series = await openSeries(packages, opener, signal)
    const target = { name: 'guest', url: `disk:${join(folder.path, 'back')}?format=qcow2` }
    const connector = await connectorOf(target.url)
    const restored = await restoreSource({
      ...{ series, source: 'guest', target, connector, compare: true, opener, signal },
    })
    expect(restored.comparison).toMatchObject({ different: 0, items: 2 })
    const [here, there] = [join(machine, 'system.qcow2'), join(folder.path, 'back/system.qcow2')]
    expect(execFileSync('qemu-img', ['compare', here, there]).toString()).toContain('identical')
    expect((await readFile(there)).length).toBeLessThan(8 * 2 ** 20)
  })
})
