import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { RestituteError } from '../../packages/core/src/index.ts'
import {
  acknowledgeAll,
  authoriseBy,
  type Case,
  countersignScope,
  deliverAll,
  exportPackage,
  giveNotice,
  makeReady,
  openCase,
  see,
} from '../support/case.ts'
import { cut, destroyingBy } from '../support/cut-destruction.ts'

/* What a destruction has taken of a source looks as if its users had removed it. */

async function letters(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  for (const year of ['2019', '2020']) {
    await mkdir(join(folder, year), { recursive: true })
    await writeFile(join(folder, year, 'letter.txt'), 'Dear colleague\n')
  }
  return [{ name: 'letters', url: `files:${folder}` }]
}

const write = (c: Case) => writeFile(join(c.root, 'source', 'new.txt'), 'of the night')

const execute = (c: Case, confirm: readonly string[], operation: string) =>
  destroy(c.as('operator'), { execute: true, see: false, confirm, operation })

it('a source that was destroyed in part is exported whole, as another restitution: the client keeps what is gone of it', async () => {
  await using c = await openCase({ sources: letters })
  const confirm = await makeReady(c)
  await cut(c, confirm)
  await write(c)
  const refusal = { code: 'guard-refused', hint: expect.stringContaining('--operation R2') }
  await expect(execute(c, confirm, 'R1')).rejects.toMatchObject(refusal)
  await expect(exportPackage(c, 'R1-0001')).rejects.toMatchObject(refusal)

  await countersignScope(c, 'R2')
  expect((await exportPackage(c, undefined, { operation: 'R2' })).exit).toBe(0)
  await deliverAll(c, { operation: 'R2' })
  await acknowledgeAll(c, ['R2-0001'])
  await giveNotice(c, 'R2')
  await authoriseBy(c, ['authoriser-1', 'authoriser-2'], undefined, { operation: 'R2' })
  const again = await see(c, true, 'R2')
  c.clock.advance('P30D')
  expect((await execute(c, again, 'R2')).exit).toBe(0)
  expect(await readdir(c.root)).not.toContain('source')
  expect((await certify(c.as('verifier'), { operation: 'R2' })).exit).toBe(0)
})

it('one whose destruction failed before anything was gone is exported as ever', async () => {
  await using c = await openCase({ sources: letters })
  const confirm = await makeReady(c)
  const session = c.as('operator')
  const connectorOf = destroyingBy(session.connectorOf, () => () => {
    throw new RestituteError('destroy-failed', 'somebody writes', { details: { untouched: true } })
  })
  const failed = await destroy({ ...session, connectorOf }, { execute: true, see: false, confirm })
  expect(failed.exit).toBe(1)
  await write(c)
  await expect(execute(c, confirm, 'R1')).rejects.toMatchObject({ hint: expect.stringContaining('--since') })
  expect((await exportPackage(c, 'R1-0001')).exit).toBe(0)
})
