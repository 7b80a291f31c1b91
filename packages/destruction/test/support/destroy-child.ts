import { readFileSync } from 'node:fs'
import { openDossier } from '@restitute/dossier'
import { executeDestruction } from '../../src/index.ts'
import { type Case, execution, testClock } from './case.ts'
import { type ArmoredPeople, readPeople } from './people.ts'

/** What the parent writes down for the child. */
export interface ChildTask {
  readonly case: Pick<Case, 'dir' | 'source' | 'made' | 'receiptSha256' | 'copies'>
  readonly armored: ArmoredPeople
  readonly orderSha256: string
  /** The number of the file before which the process ends itself without warning. */
  readonly killAt: number
}

const task = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ChildTask
const dossier = await openDossier(task.case.dir)
const people = await readPeople(task.armored)
const c: Case = { ...task.case, people, dossier, clock: testClock('2026-02-05T09:00:00Z') }
const fault = (n: number): void => {
  if (n === task.killAt) process.kill(process.pid, 'SIGKILL')
}
await executeDestruction(execution(c, task.orderSha256, { fault }))
