import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { deliver } from '../../cli/src/commands/deliver.ts'
import { deliverMedia } from '../../cli/src/commands/deliver-media.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import type { Session } from '../../cli/src/session.ts'
import {
  acknowledgeAll,
  agreeScope,
  authoriseBy,
  type Case,
  deliverAll,
  exportPackage,
  giveNotice,
  openCase,
  pin,
  see,
} from '../support/case.ts'
import { canMount } from '../support/loop-disk.ts'
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts'
import { oneLetter } from '../support/sources.ts'

/* A disk that packages were written to is a copy, whether or not that delivery reached its end. */

describe.runIf(canMount())('a medium of a delivery that was given up', () => {
  let c: Case
  let disks: (SmallDisk | undefined)[] = []
  const place = (n: number): string => join(c.root, `disk-${n}`)
  afterEach(async () => {
    for (const disk of disks) disk?.[Symbol.dispose]()
    await c[Symbol.asyncDispose]()
  })

  /** The operator's session, which is interrupted when a folder is opened for the n-th time. */
  const cutAt = (folder: string, time: number): Session => {
    const session = c.as('operator')
    let times = 0
    return {
      ...session,
      destinationOf: (at) => {
        if (at.url === `directory:${folder}` && ++times === time) throw new Error('cut')
        return session.destinationOf(at)
      },
    }
  }

  const country = 'FR'
  const both = (): Promise<unknown> => {
    const media = [1, 2].map((n) => ({ to: place(n), serial: `WX-${n}` }))
    return deliverMedia(cutAt(join(place(2), 'R1-0001'), 2), { media, country, dryRun: false })
  }
  const alone = (): Promise<unknown> =>
    deliver(cutAt(join(place(1), 'R1-0001'), 2), { to: place(1), medium: 'WX-1', country })

  it.each([
    ['one of several', both],
    ['the only one', alone],
  ])('is in the register, and no certificate is final before its end is declared: %s', async (_, giveUp) => {
    c = await openCase({
      sources: oneLetter,
    })
    disks = [1, 2].map((n) => mountSmallDisk(place(n), 16))
    await pin(c)
    await agreeScope(c)
    await exportPackage(c)
    await expect(giveUp()).rejects.toThrow('cut')
    await deliverAll(c)
    await acknowledgeAll(c, ['R1-0001'])
    await giveNotice(c)
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    const confirm = await see(c)
    c.clock.advance('P30D')
    await destroy(c.as('operator'), { execute: true, see: false, confirm })
    const { json } = await certify(c.as('verifier'), {})
    expect(json['status']).toBe('partial')
    expect(json['copies']).toContainEqual(
      expect.objectContaining({ name: 'medium/WX-1', outcome: 'could-not-check' }),
    )
  })
})
