import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import type { Outcome } from '../../cli/src/session.ts'
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
import { state } from '../support/forms.ts'
import { oneLetter } from '../support/sources.ts'

/* Most restitutions of terabytes leave on a disk that stays with the hospital: no certificate may call it destroyed. */

let c: Case
let open: Outcome
let closed: Outcome
beforeAll(async () => {
  c = await openCase({
    sources: oneLetter,
  })
  await pin(c)
  await agreeScope(c)
  await exportPackage(c)
  await deliverAll(c, { medium: 'WX-1', recipient: 'Client' })
  await acknowledgeAll(c, ['R1-0001'])
  await giveNotice(c)
  await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
  const confirm = await see(c)
  c.clock.advance('P30D')
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
  open = await certify(c.as('verifier'), {})
  const said = { copy: 'medium/WX-1', holder: 'Client', text: 'it stays in our vault', signer: 'C. Client' }
  await state(c, 'client-1', 'custody', said)
  closed = await certify(c.as('verifier'), {})
})
afterAll(async () => {
  await c[Symbol.asyncDispose]()
})

it('a disk that the client keeps leaves the certificate partial until it says so; how, is printed', () => {
  expect(open.json['status']).toBe('partial')
  expect(open.lines.join('\n')).toMatch(
    /^open {2}medium medium\/WX-1: .*--kind declaration .*; or the client, that it keeps it: .*--kind custody --set copy=medium\/WX-1/m,
  )
})

it('then it is final, and says that the disk was not destroyed', async () => {
  expect(closed.json['status']).toBe('final')
  const pages = closed.lines.flatMap((line) => line.match(/^page {2}(.*)$/)?.slice(1) ?? [])
  const [french = '', text = ''] = await Promise.all(pages.map((page) => readFile(page, 'utf8')))
  expect(french).toContain('La copie « medium/WX-1 » n’a pas été détruite : Client, à qui elle a été remise,')
  expect(text).toContain('But for one handed over to the client, who keeps it, none of the copies listed')
  expect(text).toContain(
    'Copy &quot;medium/WX-1&quot; was not destroyed: Client, to whom it was handed over, keeps it by its own signed word.',
  )
  expect(text).not.toMatch(/medium\/WX-1(?:&quot;)? is gone/)
})

it('and whoever has the bundle can verify all of it', async () => {
  const out = join(c.root, 'evidence.zip')
  await bundle(c.session, { out })
  const signers = [c.keyFile('client-1').replace(/key$/, 'asc')]
  const { exit, json } = await verify(c.session, { path: out, packages: [], signers })
  expect([exit, json['verdict']]).toEqual([0, 'valid'])
})
