import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Case, openCase } from '../support/case.ts'
import { type CliRun, restitute } from '../support/cli.ts'
import { expectRefusal } from '../support/refusal.ts'

/* Whose keys the parties agree on stands in the text that they sign. */

const bare = (yaml: string): string =>
  yaml.replace(/, fingerprint: "[0-9a-f]{40}"/g, '').replace(/, fingerprints: \[.*?\]/g, '')

let c: Case
let file: string
beforeEach(async () => {
  c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'source'))
      await writeFile(join(root, 'source', 'letter.txt'), 'Dear colleague\n')
      return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
    },
    contract: bare,
  })
  file = join(c.dossier, 'contract.yaml')
})
afterEach(() => c[Symbol.asyncDispose]())

const check = (): Promise<CliRun> => restitute(['check', '--contract', '--dossier', c.dossier, '--json'])

interface Remark {
  readonly about: string
  readonly message: string
  readonly severity: string
}

const problemsIn = (run: CliRun): Remark[] =>
  (run.json()['remarks'] as Remark[]).filter(({ severity }) => severity === 'problem')

describe('a contract that names its keys by file alone', () => {
  it('is not signed: nobody would know later whose keys were meant', async () => {
    const refusal = {
      code: 'contract-invalid',
      exit: 2,
      message: /keys are named by file only/,
      hint: /compare each fingerprint/,
    } as const
    await expectRefusal(['sign', file, '--as', c.keyFile('client-1')], refusal, [c.dossier])
  })

  it('gets from check every line to write, after which it is valid and signed', async () => {
    const before = await check()
    expect(before.exit).toBe(2)
    const lines = problemsIn(before).map(({ about, message }) => [about, message.split('write  ')[1] ?? ''])
    expect(lines.map(([about]) => about)).toEqual([
      '/parties/host',
      '/parties/client',
      ...[0, 1, 2, 3].map((i) => `/persons/${i}`),
    ])
    let text = await readFile(file, 'utf8')
    for (const [about = '', line = ''] of lines) {
      const person = /\/persons\/(\d)/.exec(about)?.[1]
      const member = ['operator', 'authoriser-1', 'authoriser-2', 'verifier'][Number(person ?? 9)]
      const place = about.endsWith('client') ? 'keys/client-2.asc]' : `keys/${member ?? 'host'}.asc`
      text = text.replace(place, `${place}, ${line}`)
    }
    await writeFile(file, text)
    const after = await check()
    expect([after.exit, problemsIn(after)]).toEqual([0, []])
    const signed = await restitute(['sign', file, '--as', c.keyFile('client-1'), '--json'])
    expect(signed.exit).toBe(0)
    expect(await readdir(c.dossier)).toContain(`contract.yaml.${c.cast.key('client-1').fingerprint}.asc`)
  })
})

describe('a key file exchanged for another', () => {
  it('stops every command, with the key expected and the key got', async () => {
    const { fingerprint: expected } = c.cast.key('client-2')
    const { fingerprint: got } = c.cast.key('verifier')
    const text = await readFile(file, 'utf8')
    const first = c.cast.key('client-1').fingerprint
    await writeFile(
      file,
      text.replace('client-2.asc]', `client-2.asc], fingerprints: ["${first}", "${expected}"]`),
    )
    await copyFile(join(c.dossier, 'keys/verifier.asc'), join(c.dossier, 'keys/client-2.asc'))
    const refusal = {
      code: 'contract-invalid',
      exit: 2,
      message: new RegExp(
        `/parties/client/keys/1: the file holds another key: expected ${expected}, got ${got}`,
      ),
    } as const
    const acting = ['--dossier', c.dossier, '--as', c.keyFile('operator')]
    for (const args of [
      ['export', ...acting],
      ['challenge', '--out', c.slips, ...acting],
      ['sign', file, '--as', c.keyFile('host')],
    ])
      await expectRefusal(args, refusal, [c.dossier, c.vault])
  })
})
