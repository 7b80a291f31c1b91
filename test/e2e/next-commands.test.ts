import { execFileSync } from 'node:child_process'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openCase } from '../support/case.ts'
import { type CliRun, restitute } from '../support/cli.ts'

/** The words of a command that was printed, as a shell takes them. */
function wordsOf(command: string): string[] {
  const words = execFileSync('sh', ['-c', `printf '%s\\0' ${command.replaceAll(/<\w+>/g, 'KEY')}`])
  return words.toString().split('\0').slice(0, -1)
}

/** Runs what a run told its reader to run. */
function pasted({ stdout }: CliRun, command: RegExp): Promise<CliRun> {
  const [, ...words] = wordsOf(command.exec(stdout)?.[0] ?? 'none')
  return restitute(words)
}

it('what is printed as the next command can be pasted, also where a folder has a space and a quote in its name', async () => {
  const root = await mkdtemp(join(tmpdir(), 'restitute-next-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  const dossier = join(root, "the client's dossier")
  const made = await restitute(['init', dossier])
  expect(made.stdout).toContain(`restitute check --dossier '${root}/the client'\\''s dossier' --contract`)
  const checked = await pasted(made, /restitute check .*/)
  expect(checked.exit, checked.stderr).toBe(2)
  expect(checked.stderr).toContain('/reference: still to be filled in')
})

it('so can what signs and records a form', async () => {
  await using c = await openCase({ sources: async (root) => [{ name: 'documents', url: `files:${root}` }] })
  const dossier = `${c.root}/a dossier`
  await rename(c.dossier, dossier)
  const out = join(c.root, 'the hold.json')
  const form = [
    'document',
    'form',
    '--kind',
    'hold',
    '--out',
    out,
    '--set',
    'text=wait',
    '--dossier',
    dossier,
  ]
  const { stdout, stderr } = await restitute(form)
  const [sign = stderr, record = ''] = stdout.match(/restitute .*?(?= {2}|$)/gm) ?? []
  expect(wordsOf(sign)).toEqual(['restitute', 'sign', out, '--as', 'KEY'])
  expect(wordsOf(record)).toEqual(['restitute', 'record', 'hold', out, '--dossier', dossier])
})
