import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { openCase } from '../support/case.ts'
import { restituteArguments } from '../support/cli.ts'

it('an export whose log lies on a full disk goes on to its end', async () => {
  await using c = await openCase({
    async sources(root) {
      await mkdir(join(root, 'tree'))
      await writeFile(join(root, 'tree', 'letter.txt'), 'letter\n')
      return [{ name: 'documents', url: `files:${join(root, 'tree')}` }]
    },
  })
  const args = ['export', '--dossier', c.dossier, '--as', c.keyFile('operator')]
  const { exit, stdout } = await withFull('stderr', args)
  expect(exit).toBe(0)
  expect(stdout).toContain('2 exported')
  expect(existsSync(join(c.vault, 'R1-0001', 'manifest.json'))).toBe(true)
  expect(readdirSync(c.vault)).toEqual(['R1-0001'])
})

it('results of which a part found its disk full are no success, and are said to be lost', async () => {
  const { exit, stderr } = await withFull('stdout', ['--help'])
  expect(exit).toBe(1)
  expect(stderr).toMatch(/^restitute: the results could not be written to stdout: ENOSPC\n {2}hint: .*\n$/)
})

it('a failure whose document found its disk full keeps its exit status', async () => {
  const { exit, stderr } = await withFull('stdout', ['status', '--dossier', '/nowhere', '--json'])
  expect(exit).toBe(4)
  expect(stderr).toContain('could not be written to stdout: ENOSPC')
})

/** Runs the program with one of its two outputs on a disk that is full; gives the other. */
async function withFull(
  which: 'stdout' | 'stderr',
  args: readonly string[],
): Promise<{ exit: number | null; stdout: string; stderr: string }> {
  await using full = await open('/dev/full', 'w')
  const of = (name: typeof which): number | 'pipe' => (name === which ? full.fd : 'pipe')
  const child = spawn(process.execPath, restituteArguments(args), {
    stdio: ['ignore', of('stdout'), of('stderr')],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, exit] = await Promise.all([textOf(child.stdout), textOf(child.stderr), ended])
  return { exit, stdout, stderr }
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream === null ? '' : text(stream)
}
