import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { available, havePrograms } from './programs.ts'

/** A disk that can be taken out and put in again; disposed of, it is out. */
export interface LoopDisk extends Disposable {
  readonly mount: () => void
  /** Also while somebody uses it: what is open stays so. No error when it is out already. */
  readonly umount: () => void
}

/** {@link havePrograms} for tests that mount something, by these programs too. */
export function canMount(...programs: readonly string[]): boolean {
  return (
    havePrograms('mount', 'umount', ...programs) &&
    available(process.getuid?.() === 0 && existsSync('/dev/loop-control'), 'no right to mount here')
  )
}

/** Mounts a new disk of 64 MiB, an image beside it, at this folder, which is made; `make` is the program that formats it. */
export function mountLoopDisk(
  folder: string,
  [format, ...flags]: readonly [string, ...string[]] = ['mkfs.ext4', '-q'],
): LoopDisk {
  const image = `${folder}.image`
  mkdirSync(folder, { recursive: true })
  execFileSync('truncate', ['-s', '64M', image])
  execFileSync(format, [...flags, image])
  const mount = (): void => void execFileSync('mount', ['-o', 'loop', image, folder])
  const umount = (): void => void spawnSync('umount', ['-l', folder])
  mount()
  return { mount, umount, [Symbol.dispose]: umount }
}
