import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../cli/src/commands/bundle.ts'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import type { Member } from '../../cli/src/demo/cast.ts'
import { codes, type Forger, repacked, verifiedAlone } from '../support/bundles.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import type { CliRun } from '../support/cli.ts'

/*
 * A whole case in one bundle, judged by the program in an empty folder, with the dossier gone; then what somebody
 * might do to it.
 */

let c: Case
let honest: string

beforeAll(async () => {
  c = await openCase({ sources })
  const confirm = await makeReady(c)
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
  await certify(c.as('verifier'), { operation: 'R1' })
  honest = join(c.root, 'evidence.zip')
  await bundle(c.session, { out: honest })
  await rm(c.dossier, { recursive: true })
})
afterAll(() => c[Symbol.asyncDispose]())

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source')
  await mkdir(folder)
  await writeFile(join(folder, 'letter.txt'), 'Dear colleague\n')
  return [{ name: 'documents', url: `files:${folder}` }]
}

const verified = (path: string, signers: readonly Member[]): Promise<CliRun> =>
  verifiedAlone(
    path,
    c.root,
    signers.map((member) => c.keyFile(member).replace(/key$/, 'asc')),
  )

const forged = (change: Forger): Promise<string> => repacked(honest, c.root, change)

const edit =
  (name: string, change: (text: string) => string): Forger =>
  async (folder) => {
    const path = join(folder, name)
    const text = await readFile(path, 'utf8')
    expect(change(text)).not.toBe(text)
    await writeFile(path, change(text))
  }

const lines =
  (change: (all: string[]) => string[]): Forger =>
  (folder) =>
    edit('ledger.jsonl', (text) => `${change(text.trimEnd().split('\n')).join('\n')}\n`)(folder)

const without =
  (pattern: RegExp): Forger =>
  async (folder) => {
    const names = (await readdir(join(folder, 'documents'))).filter((name) => pattern.test(name))
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) await rm(join(folder, 'documents', name))
  }

describe('the bundle of a whole case', () => {
  it('is valid by the key of the client alone, and says what it rests on', async () => {
    const run = await verified(honest, ['client-1'])
    expect(run.json()).toMatchObject({ kind: 'bundle', verdict: 'valid', findings: [] })
    expect(run.exit).toBe(0)
    expect(run.stdout).toContain('what was destroyed and looked at rests on who signed the events')
  })

  const strangers: readonly { named: readonly Member[] }[] = [
    { named: [] },
    { named: ['verifier'] },
    { named: ['client-2'] },
  ]
  it.each(strangers)(
    'is of unknown origin by $named, who did not sign the contract for a party',
    async ({ named }) => {
      const run = await verified(honest, named)
      expect(run.json()['verdict']).toBe('origin-unknown')
      expect(codes(run)).toEqual(['origin-unknown'])
      expect(run.exit).toBe(4)
    },
  )

  it('says that a certificate is missing which the ledger names, and none that is there', async () => {
    const missing = 'a certificate of R1, which the ledger names and the bundle does not hold'
    const whole = await verified(honest, ['client-1'])
    expect(whole.json()['notChecked']).not.toContain(missing)
    const run = await verified(await forged(without(/^certificate-/)), ['client-1'])
    expect(run.json()['notChecked']).toContain(missing)
  })

  it('says whose word the other keys rest on when one party alone was named', async () => {
    const sentence = /the keys of the (host|client) are the \1's rests on the word of the (host|client)/
    const sides = async (named: readonly Member[]) => {
      const run = await verified(honest, named)
      expect(run.exit).toBe(0)
      const found = (run.json()['notChecked'] as string[]).map((one) => sentence.exec(one)).find(Boolean)
      return found && [found[1], found[2]]
    }
    expect(await sides(['host'])).toEqual(['client', 'host'])
    expect(await sides(['client-1'])).toEqual(['host', 'client'])
    expect(await sides(['client-1', 'host'])).toBeUndefined()
  })
})

it('says of a page that somebody laid into it that nothing in it is proved', async () => {
  const name = 'certificate-R1.json.en.html'
  const page: Forger = (folder) => writeFile(join(folder, 'documents', name), '<p>All is well')
  const run = await verified(await forged(page), ['client-1'])
  expect(run.json()).toMatchObject({
    verdict: 'valid',
    findings: [{ code: 'document-unnamed', severity: 'warning', subject: name }],
  })
})

describe('a forged bundle', () => {
  const rows: readonly (readonly [string, string, Forger])[] = [
    ['the end of the ledger cut off', 'checkpoint-differs', lines((all) => all.slice(0, -6))],
    ['an event taken out', 'ledger-sequence', lines((all) => all.toSpliced(8, 1))],
    ['two events swapped', 'ledger-sequence', lines(([a = '', b = '', ...rest]) => [b, a, ...rest])],
    [
      'an event back-dated',
      'signature-bad',
      lines((all) => [...all.slice(0, -1), (all.at(-1) ?? '').replace(/"at":"\d{4}/, '"at":"2099')]),
    ],
    [
      'the certificate says more',
      'signature-bad',
      edit('documents/certificate-R1.json', (text) =>
        text.replace('"reference":"TEST-1"', '"reference":"TEST-2"'),
      ),
    ],
    [
      'the receipt consents to something else',
      'event-unsupported',
      edit('documents/receipt-R1.json', (text) =>
        text.replace('"clientBackup":true', '"clientBackup":false'),
      ),
    ],
    ['the receipt taken out', 'event-unsupported', without(/^receipt-/)],
    ['the order taken out', 'document-missing', without(/^order-/)],
    ['the manifest taken out', 'document-missing', without(/^manifest-/)],
    ['the signatures on the order taken out', 'signature-missing', without(/^order-.*\.asc$/)],
    [
      'the contract edited',
      'contract-differs',
      edit('contract.yaml', (text) => text.replace('P30D', 'P300D')),
    ],
    ['the key files taken out', 'contract-differs', without(/^key-/)],
  ]
  it.each(rows)('%s: %s', async (_what, code, change) => {
    const run = await verified(await forged(change), ['client-1'])
    expect(codes(run).join(' ') || run.stdout).toContain(code)
    expect(run.json()['verdict']).toBe('invalid')
    expect(run.exit).toBe(3)
  })
})
