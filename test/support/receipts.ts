import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { acknowledge } from '../../cli/src/commands/acknowledge.ts'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { type RecordCommandOptions, recordFile } from '../../cli/src/commands/record.ts'
import type { Member } from '../../cli/src/demo/cast.ts'
import type { Outcome } from '../../cli/src/session.ts'
import {
  accepting,
  agreeScope,
  authoriseBy,
  type Case,
  deliverAll,
  exportPackage,
  giveNotice,
  openCase,
  pin,
  see,
} from './case.ts'

/** One tree with one file. */
export async function letters(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  await mkdir(folder)
  await writeFile(join(folder, 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${folder}` }]
}

/** A case handed over to the client under a contract with these terms on receipts; certificate files go into `keys/`. */
export async function handedOver(
  receipts: string,
  files: Readonly<Record<string, string>> = {},
  more = '',
): Promise<Case> {
  const c = await openCase({ sources: letters, contract: (yaml) => `${yaml}receipts: ${receipts}\n${more}` })
  for (const [name, path] of Object.entries(files)) await copyFile(path, join(c.dossier, 'keys', name))
  await pin(c)
  await agreeScope(c)
  await exportPackage(c)
  await deliverAll(c)
  return c
}

/** The client's receipt, accepted and consenting, unsigned; its path. */
export async function written(c: Case, form: 'x509' | 'handwritten'): Promise<string> {
  const { json, lines } = await acknowledge(
    { ...c.as('client-1'), dossierDir: c.client },
    { ...accepting(c, ['R1-0001']), form, name: 'C. Client' },
  )
  expect(lines.join('\n')).toContain('NOT SIGNED YET')
  return json['receipt'] as string
}

/** Takes a receipt in. */
export const take = (
  c: Case,
  file: string,
  by: Member = 'operator',
  more: Partial<RecordCommandOptions> = {},
): Promise<Outcome> => recordFile(c.as(by), { kind: 'receipt', file, ...more })

/** Notice, order, sighting, the periods over; what the executor types. */
export async function ready(
  c: Case,
  authorisers: readonly Member[] = ['authoriser-1', 'authoriser-2'],
): Promise<string[]> {
  await giveNotice(c)
  await authoriseBy(c, authorisers)
  const confirm = await see(c)
  c.clock.advance('P30D')
  return confirm
}

/** Destroyed, certified, bundled; the path of the bundle. */
export async function finished(c: Case, authorisers?: readonly Member[]): Promise<string> {
  const confirm = await ready(c, authorisers)
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
  const { json } = await certify(c.as('verifier'), { operation: 'R1' })
  expect(json['status']).toBe('final')
  const out = join(c.root, 'evidence.zip')
  await bundle(c.session, { out })
  return out
}

/** Public keys of both parties. */
export const trusted = (c: Case): string[] =>
  (['client-1', 'host'] as const).map((member) => c.keyFile(member).replace(/key$/, 'asc'))

/** The guards that refuse, fingerprints being untyped aside. */
export async function refusals(c: Case): Promise<string[]> {
  const { json } = await destroy(c.as('operator'), { execute: false, see: false, confirm: [] })
  const guards = json['guards'] as unknown as readonly { guard: string; holds: boolean; reason?: string }[]
  return guards
    .filter(({ holds, guard }) => !holds && guard !== 'tenant')
    .map(({ guard, reason = '' }) => `${guard}: ${reason}`)
}
