import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { directoryDestination } from '@restitute/archive'
import { expect, it, onTestFinished } from 'vitest'
import { type Medium, planMedia } from '../src/index.ts'

/** A disk as it comes from `mkfs.ext4`, and whoever may not look into its `lost+found`. */
function freshDisk(): string {
  const disk = mkdtempSync(join(tmpdir(), 'restitute-media-'))
  mkdirSync(join(disk, 'lost+found'), { mode: 0o000 })
  chmodSync(disk, 0o777)
  const root = process.getuid?.() === 0
  if (root) process.seteuid?.(65_534)
  onTestFinished(() => {
    if (root) process.seteuid?.(0)
    rmSync(disk, { recursive: true })
  })
  return disk
}

function mediumAt(disk: string): Medium {
  const folderOf = async (name: string) => directoryDestination(join(disk, name))
  return { serial: 'WX-1', root: directoryDestination(disk), folderOf }
}

it('a disk with folders that only its system may read is taken, and still known by its list', async () => {
  const disk = freshDisk()
  expect(await planMedia([], [mediumAt(disk)])).toMatchObject([{ bytes: 0 }])
  writeFileSync(join(disk, 'WX-2.sha256'), '')
  await expect(planMedia([], [mediumAt(disk)])).rejects.toMatchObject({ code: 'target-not-empty' })
})
