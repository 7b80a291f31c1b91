import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rehearse } from '../../cli/src/commands/rehearse.ts'
import type { Outcome, Session } from '../../cli/src/session.ts'
import type { Rehearsal } from '../../packages/manifest/src/index.ts'
import type { Case } from '../support/case.ts'
import { destroyingBy } from '../support/cut-destruction.ts'
import { temporaryFolder } from '../support/export.ts'
import { canMount, type LoopDisk, mountLoopDisk } from '../support/loop-disk.ts'
import { asked, hospital } from '../support/rehearsals.ts'

/* A rehearsal rebuilds patients' data in clear: what is on a disk that was taken out is not gone, and somebody has to be told. */

describe.runIf(canMount('mkfs.ext4'))('a copy that a rehearsal rebuilt on a disk that is taken out', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let device: LoopDisk
  let disk: string
  let c: Case
  beforeEach(async () => {
    folder = await temporaryFolder()
    disk = join(folder.path, 'disk')
    device = mountLoopDisk(disk)
  })
  afterEach(async () => {
    device[Symbol.dispose]()
    await c?.[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  /** Session in which the disk is taken out as soon as a destruction begins. */
  const takingOut = (): Session => {
    const session = c.as('operator')
    const connectorOf = destroyingBy(
      session.connectorOf,
      (real) =>
        async function* (signal) {
          device.umount()
          yield* real.destroy(signal)
        },
    )
    return { ...session, connectorOf }
  }

  it.each([
    ['a tree', 'documents', 'files'],
    ['a database', 'records', 'sqlite'],
  ])('is not gone, in the report and by the next rehearsal: %s', async (_, source, kind) => {
    const target = `{ source: ${source}, url: "${kind}:${disk}/rebuilt" }`
    c = await hospital((yaml) => `${yaml}rehearsal: { targets: [${target}] }\n`)
    const drill = (session: Session): Promise<Outcome> => rehearse(session, { ...asked, sources: [source] })
    const missing = {
      code: 'source-unreachable',
      message: expect.stringMatching(/lay is not there$/) as string,
    }
    const { exit, json } = await drill(takingOut())
    expect(exit).toBe(1)
    const { failures } = JSON.parse(await readFile(json['report'] as string, 'utf8')) as Rehearsal
    expect(failures).toMatchObject([{ step: 'destroy', ...missing }])
    await expect(drill(c.as('operator'))).rejects.toMatchObject(missing)
    device.mount()
    await expect(drill(takingOut())).rejects.toMatchObject(missing)
    device.mount()
    expect(readdirSync(disk)).toContain('rebuilt')
    expect((await drill(c.as('operator'))).exit).toBe(0)
    expect(readdirSync(disk)).toEqual(['lost+found'])
    expect(readdirSync(join(c.dossier, 'work', 'rehearsals'))).toEqual([])
  })

  it('while it is restored is not forgotten, either', async () => {
    const target = `{ source: documents, url: "files:${disk}/rebuilt" }`
    c = await hospital((yaml) => `${yaml}rehearsal: { targets: [${target}] }\n`)
    const session = c.as('operator')
    const connectorOf: Session['connectorOf'] = async (url) => {
      const real = await session.connectorOf(url)
      return {
        ...real,
        restore: async (...given) => ({
          ...(await real.restore(...given)),
          accept: async () => device.umount(),
        }),
      }
    }
    const options = { ...asked, sources: ['documents'] }
    const { exit, json } = await rehearse({ ...session, connectorOf }, options)
    const { failures } = JSON.parse(await readFile(json['report'] as string, 'utf8')) as Rehearsal
    expect([exit, failures.map(({ step }) => step)]).toEqual([1, ['restore', 'destroy']])
    await expect(rehearse(session, options)).rejects.toMatchObject({ code: 'source-unreachable' })
    device.mount()
    const notes: string[] = []
    await rehearse({ ...session, note: (line) => void notes.push(line) }, options)
    expect(notes).toContainEqual(expect.stringMatching(/patients' data in clear \(it was not whole/))
  })
})
