import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../test/support/programs.ts'
import { allDefinitions } from '../src/commands.ts'
import { completionScript } from '../src/completion.ts'
import { buildProgram } from '../src/program.ts'

const definitions = await allDefinitions()
const program = buildProgram(definitions, '1.0.0', async () => {})

/** What bash offers for these words, the last of which is being typed. */
function offered(...words: readonly string[]): string[] {
  const typed = ['restitute', ...words].map((word) => `'${word}'`).join(' ')
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-s'], {
    input: `${completionScript(program, 'bash')}
      COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _restitute; printf '%s\\n' "\${COMPREPLY[@]}"`,
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
  return stdout.split('\n').filter((line) => line !== '')
}

describe('completion', () => {
  it.skipIf(!havePrograms('bash')).each([
    ['a command', ['ex'], ['export', 'extract']],
    ['a command after a global option and its value', ['--dossier', 'chu', 'des'], ['destroy']],
    ['an option of a command', ['acknowledge', '--dec'], ['--decision']],
    ['a global option after a command', ['status', '--pass'], ['--passphrase-file']],
    ['the values of an option', ['acknowledge', '--decision', 're'], ['reservations', 'refused']],
    ['the help of a command', ['status', '--he'], ['--help']],
    ['nothing of its own for the path of a global option', ['--dossier', '/etc/host'], []],
    ['no command where a path is typed', ['--as', 'keyg'], []],
    ['nothing of its own for a file', ['verify', '/etc/host'], []],
  ])('bash offers %s', (_, words, expected) => {
    expect(offered(...words)).toEqual(expected)
  })

  it.skipIf(!havePrograms('bash'))('leaves paths to bash, which knows how a space is typed', () => {
    const input = `${completionScript(program, 'bash')}
      complete -p restitute`
    const { stdout } = spawnSync('bash', ['--norc', '-s'], { input, encoding: 'utf8' })
    expect(stdout).toBe('complete -o default -F _restitute restitute\n')
  })

  // Shells that a machine for tests need not have.
  const others = [
    ['zsh', '-f', '-c', 'source $SCRIPT; whence -w _restitute', '_restitute: function'],
    ['fish', '--no-config', '-c', 'source $SCRIPT; complete -C "restitute ex"', 'export\t'],
  ].filter(([shell = '']) => spawnSync('sh', ['-c', `command -v ${shell}`]).status === 0)

  it.each(others)('%s takes its script', (shell, ...args) => {
    const expected = args.pop() ?? ''
    const folder = mkdtempSync(join(tmpdir(), 'restitute-completion-'))
    const script = join(folder, 'script')
    writeFileSync(script, completionScript(program, shell))
    const env = { ...process.env, SCRIPT: script, HOME: folder }
    const { stdout, stderr } = spawnSync(shell, args, { env, encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    expect(stderr).toBe('')
    expect(stdout).toContain(expected)
  })

  it('fish is told every command and its options, on one line each', () => {
    const lines = completionScript(program, 'fish').trimEnd().split('\n')
    for (const line of lines) expect(line).toMatch(/^complete -c restitute .*'$/)
    for (const { name } of definitions) expect(lines.join('\n')).toContain(` -a ${name} -d `)
  })

  it('names the shells it knows', () => {
    expect(() => completionScript(program, 'csh')).toThrow(/bash, zsh or fish/)
  })
})

describe('help', () => {
  it.each(definitions.map((definition) => [definition.name, definition] as const))(
    'of %s shows an example that the program accepts, and the options of all commands',
    (name, definition) => {
      const command = program.commands.find((one) => one.name() === name)
      let help = ''
      command?.configureOutput({ writeOut: (text) => void (help += text) })
      command?.outputHelp()
      expect(definition.examples.length).toBeGreaterThan(0)
      for (const example of definition.examples) expect(help).toContain(`  $ ${example}`)
      expect(help).toContain('--json')
      for (const option of definition.examples.join(' ').match(/(?<= )--[a-z-]+/g) ?? [])
        expect(help).toContain(option)
    },
  )
})
