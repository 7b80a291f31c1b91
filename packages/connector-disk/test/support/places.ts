import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Mutation, TestPlace } from '@restitute/conformance'
import type { SourceSpec } from '@restitute/core'

/** Runs a program; throws when it fails. */
export function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString()
}

/** A folder of its own in which a test may do what it likes. */
export async function tempFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'restitute-disk-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** A machine with disks of several formats, a chain, holes, and firmware variables. */
export async function populate(folder: string): Promise<void> {
  const at = (name: string): string => join(folder, name)
  await writeFile(at('boot.raw'), Buffer.alloc(50_176, 'boot'))
  await writeFile(at('data.raw'), Buffer.alloc(4096, 'data'))
  await truncate(at('data.raw'), 300_000)
  run('qemu-img', 'create', '-q', '-f', 'qcow2', at('base.qcow2'), '1M')
  run('qemu-io', '-c', 'write -P 0x41 0 128k', at('base.qcow2'))
  run('qemu-img', 'create', '-q', '-f', 'qcow2', '-b', 'base.qcow2', '-F', 'qcow2', at('system.qcow2'))
  run('qemu-io', '-c', 'write -P 0x42 64k 64k', '-c', 'write -z 512k 64k', at('system.qcow2'))
  run('qemu-img', 'create', '-q', '-f', 'vmdk', at('archive.vmdk'), '256k')
  run('qemu-io', '-f', 'vmdk', '-c', 'write -P 0x43 64k 64k', at('archive.vmdk'))
  await writeFile(at('guest_VARS.fd'), Buffer.alloc(2000, 'nvram'))
}

/** A place for a machine in a folder of its own. */
export async function machinePlace(fill?: (folder: string) => Promise<void>): Promise<TestPlace> {
  const temp = await tempFolder()
  const folder = join(temp.path, 'guest')
  if (fill) await mkdir(folder)
  await fill?.(folder)
  return {
    spec: { name: 'guest', url: `disk:${folder}` },
    digest: async () => listing(temp.path),
    [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose](),
  }
}

/** What find and sha256sum see of a folder. */
export function listing(path: string): string {
  const facts = String.raw`find . -mindepth 1 -printf '%p %y %m %U %G %T@ %s %n %l\n' | sort`
  const contents = 'find . -type f -print0 | sort -z | xargs -0r sha256sum'
  return execFileSync('sh', ['-c', `${facts}; ${contents}`], {
    cwd: path,
    env: { ...process.env, LC_ALL: 'C' },
  }).toString()
}

function folderOf({ url }: SourceSpec): string {
  return url.slice('disk:'.length)
}

/** The image of a disk, in the format of the source or of a restored machine. */
function imageOf(place: SourceSpec, name: string): { readonly path: string; readonly format: string } {
  const found = ['raw', 'qcow2', 'vmdk'].find((format) =>
    existsSync(join(folderOf(place), `${name}.${format}`)),
  )
  return { path: join(folderOf(place), `${name}.${found}`), format: found ?? 'raw' }
}

function mutation(
  name: string,
  change: Mutation['change'],
  item: string,
  apply: (place: SourceSpec) => unknown,
): Mutation {
  return {
    name,
    change,
    apply: async (place) => {
      await apply(place)
      return item
    },
  }
}

function write(place: SourceSpec, disk: string, command: string): void {
  const { path, format } = imageOf(place, disk)
  run('qemu-io', '-f', format, '-c', command, path)
}

export const mutations: readonly Mutation[] = [
  mutation('a guest writes to a disk', 'changed', 'disk/system', (place) =>
    write(place, 'system', 'write -P 0x44 900k 4k'),
  ),
  mutation('one sector becomes zeros', 'changed', 'disk/archive', (place) =>
    write(place, 'archive', 'write -P 0 100k 512'),
  ),
  mutation('a hole gets data', 'changed', 'disk/data', (place) =>
    write(place, 'data', 'write -P 1 200k 512'),
  ),
  mutation('a disk grows', 'changed', 'disk/boot', async (place) =>
    truncate(imageOf(place, 'boot').path, 60_416),
  ),
  mutation('firmware variables change', 'changed', 'file/guest_VARS.fd', (place) =>
    writeFile(join(folderOf(place), 'guest_VARS.fd'), Buffer.alloc(2000, 'NVRAM')),
  ),
  mutation('a disk is added', 'new', 'disk/new', (place) =>
    run('qemu-img', 'create', '-q', '-f', 'qcow2', join(folderOf(place), 'new.qcow2'), '1M'),
  ),
  mutation('a disk is removed', 'removed', 'disk/archive', (place) => rm(imageOf(place, 'archive').path)),
]
