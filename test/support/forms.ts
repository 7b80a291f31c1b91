import { join } from 'node:path'
import type { FormKind } from '@restitute/dossier'
import { form } from '../../cli/src/commands/document.ts'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import type { Member } from '../../cli/src/demo/cast.ts'
import type { Case } from './case.ts'

let made = 0

/** A form with these members, signed by somebody and recorded by the operator, as people do it. */
export async function state(
  c: Case,
  by: Member,
  kind: FormKind,
  members: Readonly<Record<string, string>>,
  operation?: string,
): Promise<void> {
  const out = join(c.slips, `${kind}-${++made}.json`)
  const set = Object.entries(members).map(([name, text]) => `${name}=${text}`)
  await form(c.session, { kind, out, set, ...(operation === undefined ? {} : { operation }) })
  await sign(c.as(by), out)
  await recordFile(c.as('operator'), { kind, file: out })
}

/** The client's request for everything. */
export async function request(c: Case, members: Readonly<Record<string, string>> = {}): Promise<void> {
  await state(c, 'client-1', 'request', { text: 'give our data back', signer: 'C. Client', ...members })
}

/** That a copy is gone, vouched for by the host. */
export async function declare(c: Case, copy: string, holder: string, operation?: string): Promise<void> {
  const members = { copy, holder, method: 'as agreed', text: 'it is gone', signer: holder }
  await state(c, 'host', 'declaration', members, operation)
}
