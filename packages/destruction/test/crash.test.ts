import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { RestituteError } from '@restitute/core'
import { openDossier } from '@restitute/dossier'
import { beforeAll, describe, expect, it } from 'vitest'
import { executeDestruction, issueCertificate, probeCopies, seeCopies } from '../src/index.ts'
import { acceptedCase, authorise, type Case, execution, looking } from './support/case.ts'
import type { ChildTask } from './support/destroy-child.ts'
import { temporaryFolder } from './support/folders.ts'
import { type ArmoredPeople, armoredPeople, type People, readPeople } from './support/people.ts'

let armored: ArmoredPeople
let people: People
beforeAll(async () => {
  armored = await armoredPeople()
  people = await readPeople(armored)
})

async function orderedCase(): Promise<{ c: Case; orderSha256: string }> {
  const c = await acceptedCase(temporaryFolder(), people)
  await seeCopies(looking(c))
  return { c, orderSha256: await authorise(c) }
}

/** Destroys in a process of its own that is killed before file `killAt`; returns the case as the next one finds it. */
async function killedAt(killAt: number, { c, orderSha256 }: { c: Case; orderSha256: string }): Promise<Case> {
  const { dossier: _, clock: __, people: ___, ...rest } = c
  const task: ChildTask = { case: rest, armored, orderSha256, killAt }
  const file = join(c.dir, '../task.json')
  writeFileSync(file, JSON.stringify(task))
  const child = join(import.meta.dirname, 'support/destroy-child.ts')
  const { signal, stderr } = spawnSync(process.execPath, [child, file], { encoding: 'utf8' })
  expect(signal, stderr).toBe('SIGKILL')
  return { ...c, dossier: await openDossier(c.dir) }
}

/** What the ledger says of the destruction of the source. */
function recorded(c: Case): readonly string[] {
  return c.dossier.ledger
    .events()
    .filter(({ type, body }) => type.startsWith('destruction-') && body['copy'] === 'records')
    .map(({ type, body }) => (type === 'destruction-started' ? 'started' : (body['result'] as string)))
}

describe('a destruction that does not come to its end', () => {
  it('records a failure, stops there, and takes it up again', async () => {
    const { c, orderSha256 } = await orderedCase()
    const fault = (n: number): void => {
      if (n === 2) throw new RestituteError('destroy-failed', 'a disk that says no')
    }
    const results = await executeDestruction(execution(c, orderSha256, { fault }))
    expect(results).toMatchObject([
      { copy: 'records', result: 'failed', steps: 1, error: { code: 'destroy-failed' } },
    ])
    expect(readdirSync(c.source)).toEqual(['b.txt', 'c.txt'])
    expect(existsSync(join(c.dossier.paths.work, 'journal.db'))).toBe(true)
    const again = await executeDestruction(execution(c, orderSha256))
    expect(again.map(({ result }) => result)).toEqual(['done', 'done', 'done'])
    expect(recorded(c)).toEqual(['started', 'failed', 'started', 'done'])
  })

  it('leaves "started" when it is killed, never a result, and goes on when run again', async () => {
    const ordered = await orderedCase()
    const c = await killedAt(2, ordered)
    expect(recorded(c)).toEqual(['started'])
    expect(readdirSync(c.source)).toEqual(['b.txt', 'c.txt'])
    const again = await executeDestruction(execution(c, ordered.orderSha256))
    expect(again.map(({ copy, result }) => [copy, result])).toEqual([
      ['records', 'done'],
      ['vault/R1-0001', 'done'],
      ['work', 'done'],
    ])
    expect(recorded(c)).toEqual(['started', 'started', 'done'])
  })

  it('claims nothing for a copy that was gone before it could say so: that is for the verifier to see', async () => {
    const ordered = await orderedCase()
    const c = await killedAt(4, ordered)
    const again = await executeDestruction(execution(c, ordered.orderSha256))
    expect(again[0]).toMatchObject({ copy: 'records', result: 'gone', steps: 0 })
    expect(recorded(c)).toEqual(['started'])
    await probeCopies({ ...looking(c), orderSha256: ordered.orderSha256 })
    const { certificate } = await issueCertificate({
      dossier: c.dossier,
      operation: 'R1',
      orderSha256: ordered.orderSha256,
      verifier: people.verifier,
      at: c.clock.now(),
    })
    expect(certificate.copies[0]).toMatchObject({ name: 'records', outcome: 'observed-absent' })
  })

  it('does not destroy what came in after a crash', async () => {
    const ordered = await orderedCase()
    const c = await killedAt(2, ordered)
    writeFileSync(join(c.source, 'd.txt'), 'written by someone who thought nothing had happened')
    const again = executeDestruction(execution(c, ordered.orderSha256))
    await expect(again).rejects.toMatchObject({ code: 'guard-refused', details: { guard: 'unchanged' } })
    expect(readdirSync(c.source)).toEqual(['b.txt', 'c.txt', 'd.txt'])
  })

  it('consumes the order copy by copy: once more does nothing', async () => {
    const { c, orderSha256 } = await orderedCase()
    await executeDestruction(execution(c, orderSha256))
    const before = c.dossier.ledger.events().length
    expect(await executeDestruction(execution(c, orderSha256))).toEqual([])
    expect(c.dossier.ledger.events()).toHaveLength(before)
  })

  it('leaves "started" when it is interrupted', async () => {
    const { c, orderSha256 } = await orderedCase()
    const options = execution(c, orderSha256)
    const controller = new AbortController()
    const onStep = (): void => controller.abort()
    const reach = { ...options.reach, signal: controller.signal }
    await expect(executeDestruction({ ...options, reach, onStep })).rejects.toMatchObject({
      code: 'interrupted',
    })
    expect(recorded(c)).toEqual(['started'])
    expect(existsSync(c.source)).toBe(true)
  })
})
