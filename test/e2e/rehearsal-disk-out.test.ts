import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rehearse } from '../../cli/src/commands/rehearse.ts'
import type { Outcome, Session } from '../../cli/src/session.ts'
import type { Rehearsal } from '../../packages/manifest/src/index.ts'
import type { Case } from '../support/case.ts'
import { destroyingBy } from '../support/cut-destruction.ts'
import { temporaryFolder } from '../support/export.ts'
import { havePrograms } from '../support/programs.ts'
import { asked, hospital } from '../support/rehearsals.ts'

/* A rehearsal rebuilds patients' data in clear: what is on a disk that was taken out is not gone, and somebody has to be told. */

const canMount = process.getuid?.() === 0 && havePrograms('mount', 'umount')

describe.runIf(canMount)('a copy that a rehearsal rebuilt on a disk that is taken out', () => {
  let device: Awaited<ReturnType<typeof temporaryFolder>>
  let disk: string
  let c: Case
  const mount = (): void => {
    const { status } = spawnSync('mount', ['-o', 'loop', join(device.path, 'image'), disk])
    if (status !== 0) throw new Error(`mount: ${status}`)
  }
  const umount = async (): Promise<void> => void spawnSync('umount', ['-l', disk])
  beforeEach(async () => {
    device = await temporaryFolder()
    disk = join(device.path, 'disk')
    await mkdir(disk)
    spawnSync('truncate', ['-s', '32M', join(device.path, 'image')])
    spawnSync('mkfs.ext4', ['-q', join(device.path, 'image')])
    mount()
  })
  afterEach(async () => {
    await umount()
    await c?.[Symbol.asyncDispose]()
    await device[Symbol.asyncDispose]()
  })

  /** Session in which the disk is taken out as soon as a destruction begins. */
  const takingOut = (): Session => {
    const session = c.as('operator')
    const connectorOf = destroyingBy(
      session.connectorOf,
      (real) =>
        async function* (signal) {
          await umount()
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
    mount()
    await expect(drill(takingOut())).rejects.toMatchObject(missing)
    mount()
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
      return { ...real, restore: async (...given) => ({ ...(await real.restore(...given)), accept: umount }) }
    }
    const options = { ...asked, sources: ['documents'] }
    const { exit, json } = await rehearse({ ...session, connectorOf }, options)
    const { failures } = JSON.parse(await readFile(json['report'] as string, 'utf8')) as Rehearsal
    expect([exit, failures.map(({ step }) => step)]).toEqual([1, ['restore', 'destroy']])
    await expect(rehearse(session, options)).rejects.toMatchObject({ code: 'source-unreachable' })
    mount()
    const notes: string[] = []
    await rehearse({ ...session, note: (line) => void notes.push(line) }, options)
    expect(notes).toContainEqual(expect.stringMatching(/patients' data in clear \(it was not whole/))
  })
})
