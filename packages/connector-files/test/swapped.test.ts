import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { filesConnector } from '../src/index.ts'

const programs = ['mount', 'mkfs.ext4', 'losetup']
const canMount =
  process.getuid?.() === 0 && programs.every((name) => spawnSync(name, ['--version']).error === undefined)
const { signal } = new AbortController()

describe.runIf(canMount)('a tree that is a whole disk', () => {
  it('is not taken for the next one in its slot, whose top has the same device and number', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'restitute-swapped-'))
    const [top, images] = [join(folder, 'top'), ['own', 'somebodys'].map((name) => join(folder, name))]
    mkdirSync(top)
    for (const image of images) {
      execFileSync('truncate', ['-s', '8M', image])
      execFileSync('mkfs.ext4', ['-q', image])
      // mkfs writes whole seconds.
      await sleep(1100)
    }
    const slot = execFileSync('losetup', ['-f', '--show', images[0] ?? ''])
      .toString()
      .trim()
    try {
      execFileSync('mount', [slot, top])
      await using destroyer = await filesConnector.destroyer(
        { name: 'documents', url: `files:${top}` },
        signal,
      )
      execFileSync('umount', [top])
      execFileSync('losetup', ['-d', slot])
      execFileSync('losetup', [slot, images[1] ?? ''])
      execFileSync('mount', [slot, top])
      writeFileSync(join(top, 'letter.txt'), 'Dear colleague\n')
      await expect(Array.fromAsync(destroyer.destroy(signal))).rejects.toMatchObject({
        code: 'destroy-failed',
        message: expect.stringContaining('it was replaced') as string,
      })
      expect(readdirSync(top)).toContain('letter.txt')
    } finally {
      spawnSync('umount', [top])
      spawnSync('losetup', ['-d', slot])
      rmSync(folder, { recursive: true })
    }
  })
})
