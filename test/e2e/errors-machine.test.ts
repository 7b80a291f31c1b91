import { spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { type Case, openCase, pin } from '../support/case.ts'
import { type CliRun, restitute, restituteArguments, startRestitute } from '../support/cli.ts'
import { available, havePrograms } from '../support/programs.ts'
import { expectFailure, expectResumable } from '../support/refusal.ts'
import { treeDigest } from '../support/tree-digest.ts'

/** What a machine does to a command: no room, no rights, a signal. */

const isRoot = available(
  process.getuid?.() === 0,
  'only root can mount a file system and become somebody else',
)

let c: Case | undefined
afterEach(async () => {
  await c?.[Symbol.asyncDispose]()
})

async function caseOf(bytes: number, more = ''): Promise<Case> {
  return openCase({
    sources: async (root) => {
      const documents = join(root, 'source')
      await mkdir(documents)
      await writeFile(join(documents, 'letter.txt'), 'Dear colleague\n')
      await writeFile(join(documents, 'scan.bin'), crypto.getRandomValues(Buffer.alloc(65_536)))
      for (let n = 0; n * 65_536 < bytes; n++)
        await writeFile(join(documents, `scan-${n}.bin`), crypto.getRandomValues(Buffer.alloc(65_536)))
      return [{ name: 'documents', url: `files:${documents}`, ...(more === '' ? {} : { more }) }]
    },
  })
}

const exporting = (made: Case): string[] => [
  ...['export', '--json', '--dossier', made.dossier, '--as', made.keyFile('operator')],
]

/** Runs the program as an account that owns nothing but what it was given. */
function asNobody({ root }: Case, args: readonly string[]): CliRun {
  const account = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath]
  const { status, stdout, stderr } = spawnSync('setpriv', [...account, ...restituteArguments(args)], {
    encoding: 'utf8',
    env: { ...process.env, HOME: root },
  })
  return { exit: status ?? -1, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> }
}

function mount(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
}

describe('what the machine does to a command', () => {
  it('a working folder that was removed: said so', async () => {
    c = await caseOf(0)
    const command = [process.execPath, ...restituteArguments(['status', '--dossier', 'dossier'])]
    const script = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', ...command], {
      cwd: c.root,
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([2, expect.stringMatching(/started is gone\n +hint: change to another/)])
  })

  it.skipIf(!isRoot || !havePrograms('mount', 'umount'))(
    'a full disk: said so, nothing half-done; with room, the export goes on',
    async () => {
      c = await caseOf(3_000_000)
      mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', c.vault)
      try {
        expectFailure(await restitute(exporting(c)), {
          code: 'destination-full',
          exit: 1,
          hint: /same command again|make room/,
        })
        await expectResumable(c.dossier, c.vault)
        mount('-o', 'remount,size=20m', c.vault)
        const second = await restitute(exporting(c))
        expect(second.exit, second.stdout).toBe(0)
      } finally {
        spawnSync('umount', [c.vault])
      }
    },
  )

  it.skipIf(!isRoot || !havePrograms('setpriv', 'chown'))(
    'a file that may not be read: the rest is delivered, the file is named as lost',
    async () => {
      c = await caseOf(0)
      await chmod(join(c.root, 'source', 'letter.txt'), 0)
      const before = await treeDigest(join(c.root, 'source'))
      spawnSync('chown', ['-R', '65534:65534', c.root])
      spawnSync('chown', ['0:0', join(c.root, 'source', 'letter.txt')])
      const { exit, stdout } = asNobody(c, exporting(c))
      expect(exit, stdout).toBe(5)
      expect(JSON.parse(stdout)).toMatchObject({
        exit: 5,
        incomplete: true,
        sources: [{ totals: { lost: { items: 1 }, exported: { items: 2 } } }],
      })
      const listed = await restitute([
        ...['list', join(c.vault, 'R1-0001'), '--json', '--key', c.keyFile('client-1')],
        ...['--signer', c.keyFile('operator').replace(/key$/, 'asc'), 'letter.txt'],
      ])
      expect(listed.json()).toMatchObject({ items: [{ item: 'letter.txt', state: 'lost' }] })
      expect(await treeDigest(join(c.root, 'source'))).toBe(before)
    },
  )

  it.skipIf(!isRoot || !havePrograms('setpriv', 'chown'))(
    'what root has left in the dossier of somebody else: whose it is, and that nothing is to be removed for it',
    async () => {
      c = await caseOf(0)
      await pin(c)
      spawnSync('chown', ['-R', '65534:65534', c.root])
      const lock = join(c.dossier, '.lock')
      await writeFile(lock, '{}', { mode: 0o600 })
      expectFailure(asNobody(c, exporting(c)), {
        code: 'dossier-locked',
        exit: 1,
        hint: /^work on .* ls -l /,
      })
      await rm(lock)
      spawnSync('chown', ['0:0', join(c.dossier, 'ledger.head')])
      expectFailure(asNobody(c, exporting(c)), { code: 'not-found', exit: 4, hint: /chown.*remove nothing$/ })
    },
  )

  it('a second SIGINT: interrupted, nothing half-done; started again, the export goes on', async () => {
    c = await caseOf(8_000_000, 'rate: 200kB/s')
    const { child, done } = startRestitute(exporting(c))
    await written(c)
    child.kill('SIGINT')
    await setTimeout(200)
    child.kill('SIGINT')
    expectFailure(await done, { code: 'interrupted', exit: 130, hint: /go on|again/ })
    await expectResumable(c.dossier, c.vault)
    const yaml = await readFile(join(c.dossier, 'contract.yaml'), 'utf8')
    await writeFile(join(c.dossier, 'contract.yaml'), yaml.replace(', rate: 200kB/s', ''))
    const third = await restitute(exporting(c))
    expect(third.exit, third.stdout).toBe(0)
    await rm(join(c.root, 'source'), { recursive: true })
  })
})

/** Waits until the export is reading: its journal lies in the work folder. */
async function written(made: Case): Promise<void> {
  const journal = join(made.dossier, 'work', 'R1-0001', 'journal.sqlite')
  for (;;) {
    if ((await readFile(journal).catch(() => undefined)) !== undefined) break
    await setTimeout(20)
  }
  await setTimeout(500)
}
