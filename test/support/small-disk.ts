import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/** A disk of a fixed size. */
export interface SmallDisk extends Disposable {
  /** MiB from now on. */
  grow(mebibytes: number): void
}

/** Mounts a disk of so many MiB (tmpfs) at a new folder; undefined where this process may not. */
export function mountSmallDisk(folder: string, mebibytes: number): SmallDisk | undefined {
  mkdirSync(folder, { recursive: true })
  const mount = ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]
  if (process.getuid?.() !== 0 || spawnSync('mount', mount, { stdio: 'ignore' }).status !== 0)
    return undefined
  return {
    grow: (to) => void execFileSync('mount', ['-o', `remount,size=${to}m`, folder]),
    [Symbol.dispose]: () => void execFileSync('umount', [folder]),
  }
}
