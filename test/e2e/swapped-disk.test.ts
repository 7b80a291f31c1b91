import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deliver } from '../../cli/src/commands/deliver.ts'
import { deliverMedia } from '../../cli/src/commands/deliver-media.ts'
import type { Session } from '../../cli/src/session.ts'
import { type Case, exportPackage, openCase, pin } from '../support/case.ts'
import { canMount } from '../support/loop-disk.ts'
import { oneLetter } from '../support/sources.ts'

/* In one slot every disk has the same device number: the next one looks like the one that was there. */

describe.runIf(canMount('mkfs.ext4', 'losetup'))('a disk of a delivery', () => {
  let c: Case
  let slots: string[]
  const path = (name: string): string => join(c.root, name)
  const insert = (n: number, image: string): unknown =>
    execFileSync('mount', [attach(slots[n] ?? '', path(image)), path(`disk-${n}`)])
  const attach = (slot: string, image: string): string => {
    execFileSync('losetup', [slot, image])
    return slot
  }
  const takeOut = (n: number): number | null => {
    const { status } = spawnSync('umount', [path(`disk-${n}`)])
    if (status === 0) execFileSync('losetup', ['-d', slots[n] ?? ''])
    return status
  }

  beforeEach(async () => {
    c = await openCase({
      sources: oneLetter,
    })
    await pin(c)
    await exportPackage(c)
    await exportPackage(c, 'R1-0001')
    for (const name of ['first', 'second', 'somebodys']) {
      execFileSync('truncate', ['-s', '16M', path(name)])
      execFileSync('mkfs.ext4', ['-q', path(name)])
    }
    slots = [0, 1].map(() =>
      execFileSync('losetup', ['-f', '--show', path('first')])
        .toString()
        .trim(),
    )
    for (const [n, image] of ['first', 'second'].entries()) {
      execFileSync('losetup', ['-d', slots[n] ?? ''])
      await mkdir(path(`disk-${n}`))
      insert(n, image)
    }
  })
  afterEach(async () => {
    for (const n of [0, 1]) takeOut(n)
    await c[Symbol.asyncDispose]()
  })

  /** The operator's session, in which somebody changes a disk when a folder is opened for the n-th time. */
  const changing = (n: number, folder: string, time: number): { session: Session; status: () => unknown } => {
    const session = c.as('operator')
    let [times, status]: [number, unknown] = [0, undefined]
    const destinationOf: Session['destinationOf'] = (place) => {
      if (place.url === `directory:${folder}` && ++times === time) {
        status = takeOut(n)
        if (status === 0) insert(n, 'somebodys')
      }
      return session.destinationOf(place)
    }
    return { session: { ...session, destinationOf }, status: () => status }
  }

  it('is not changed for another one while another is written to', async () => {
    const { session, status } = changing(1, join(path('disk-0'), 'R1-0001'), 2)
    const media = [0, 1].map((n) => ({ to: path(`disk-${n}`), serial: `WX-${n}` }))
    await deliverMedia(session, { media, country: 'FR', dryRun: false })
    expect(status()).not.toBe(0)
    expect(await readdir(path('disk-1'))).toEqual(['R1-0001', 'R1-0002', 'WX-1.sha256', 'lost+found'])
    expect(takeOut(1)).toBe(0)
    insert(1, 'somebodys')
    expect(await readdir(path('disk-1'))).toEqual(['lost+found'])
  })

  it('is not changed for another one between two packages', async () => {
    const to = path('disk-0')
    const { session, status } = changing(0, join(to, 'R1-0002'), 2)
    await deliver(session, { to, country: 'FR', medium: 'WX-0' })
    expect(status()).not.toBe(0)
    expect(await readdir(to)).toEqual(['R1-0001', 'R1-0002', 'WX-0.sha256', 'lost+found'])
  })
})
