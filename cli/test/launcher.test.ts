import { spawnSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCase, pin } from '../../test/support/case.ts'
import { restitute, restituteArguments } from '../../test/support/cli.ts'

describe('the launcher', () => {
  const preload = (code: string): string => `--import=data:text/javascript,${encodeURIComponent(code)}`
  const NODE_OPTIONS = preload(
    'process.on("exit", () => console.error("pool " + process.env.UV_THREADPOOL_SIZE))',
  )

  it('gives reading, writing and compressing of all workers a thread each', async () => {
    const { stderr } = await restitute(['--version'], { NODE_OPTIONS })
    expect(stderr).toBe(`pool ${4 * availableParallelism()}\n`)
  })

  it('leaves it to who knows better', async () => {
    const { stderr } = await restitute(['--version'], { NODE_OPTIONS, UV_THREADPOOL_SIZE: '6' })
    expect(stderr).toBe('pool 6\n')
  })

  it('says which Node.js it needs, to an older one', async () => {
    const older =
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "26.9.4" } })'
    const run = await restitute(['--version'], { NODE_OPTIONS: preload(older) })
    expect(run).toMatchObject({ exit: 1, stdout: '' })
    expect(run.stderr).toMatch(/^restitute: expected Node\.js 26\.10 or newer, got 26\.9\.4\n {2}hint: /)
  })

  it('exports with whatever flags Node was given: some of them no worker thread may have', async () => {
    await using c = await openCase({
      sources: async (root) => {
        await mkdir(join(root, 'files'))
        await writeFile(join(root, 'files/letter.txt'), 'a letter')
        return [{ name: 'files', url: `files:${join(root, 'files')}` }]
      },
    })
    await pin(c)
    const command = restituteArguments(['export', '--dossier', c.dossier, '--as', c.keyFile('operator')])
    const { status, stderr } = spawnSync(process.execPath, ['--max-old-space-size=2000', ...command], {
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
  })
})
