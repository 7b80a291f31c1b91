import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restore } from '../../cli/src/commands/restore.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { available, havePrograms } from '../support/programs.ts'
import { shell } from '../support/torture-tree.ts'
import { eventually } from '../support/wait.ts'

const ready = available(
  havePrograms('qemu-system-x86_64', 'qemu-img', 'qemu-io', 'qemu-nbd'),
  'qemu-system-x86_64 and qemu-utils are not installed',
)

/** Says commands to QEMU, one after the other; the last answer. */
async function ask(socket: string, ...commands: readonly object[]): Promise<unknown> {
  const connection = createConnection(socket)
  const lines = createInterface(connection)[Symbol.asyncIterator]()
  let answer: unknown
  try {
    await lines.next()
    for (const command of [{ execute: 'qmp_capabilities' }, ...commands]) {
      connection.write(JSON.stringify(command))
      for (let said: Record<string, unknown> = {}; ; ) {
        said = JSON.parse(String((await lines.next()).value)) as Record<string, unknown>
        if ('error' in said) throw new Error(JSON.stringify(said))
        if (!('return' in said)) continue
        answer = said['return']
        break
      }
    }
  } finally {
    connection.destroy()
  }
  return answer
}

/**
 * What an operator would write by `virsh`: it says commands to QEMU and waits for the end of jobs. Its guest writes as soon
 * as it is thawed.
 */
const hook = `
import { createConnection } from 'node:net'
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
const [socket, what, overlay] = process.argv.slice(2)
const connection = createConnection(socket)
const lines = createInterface(connection)[Symbol.asyncIterator]()
const next = async () => JSON.parse((await lines.next()).value)
async function say(execute, args = {}) {
  connection.write(JSON.stringify({ execute, arguments: args }))
  for (let said = await next(); ; said = await next()) {
    if (said.error) throw new Error(said.error.desc)
    if ('return' in said) return said.return
  }
}
async function jobs(until) {
  while (!until(await say('query-block-jobs'))) await new Promise((done) => setTimeout(done, 50))
}
await next()
await say('qmp_capabilities')
if (what === 'freeze') await say('stop')
if (what === 'snapshot')
  await say('blockdev-snapshot-sync', { device: 'disk0', 'snapshot-file': overlay, format: 'qcow2' })
if (what === 'thaw') {
  await say('cont')
  await say('human-monitor-command', { 'command-line': 'qemu-io disk0 "write -P 0x22 0 1M"' })
}
if (what === 'discard') {
  await say('block-commit', { device: 'disk0', 'job-id': 'back' })
  await jobs(([job]) => job?.ready)
  await say('block-job-complete', { device: 'back' })
  await jobs(([job]) => job === undefined)
  rmSync(overlay)
}
connection.destroy()
`

describe.skipIf(!ready)('a machine that runs', () => {
  let c: Case
  let base = ''
  let socket = ''
  let overlay = ''
  let stop: (() => Promise<void>) | undefined

  /** As the guest would. */
  const guest = (what: string): Promise<unknown> =>
    ask(socket, {
      execute: 'human-monitor-command',
      arguments: { 'command-line': `qemu-io disk0 "${what}"` },
    })

  beforeAll(async () => {
    c = await openCase({
      sources: async (root) => {
        base = join(root, 'guest.qcow2')
        socket = join(root, 'qmp')
        overlay = join(root, 'overlay.qcow2')
        const program = join(root, 'hook.mjs')
        await writeFile(program, hook)
        const names = ['freeze', 'snapshot', 'thaw', 'discard']
        const hooks = Object.fromEntries(
          names.map((name) => [name, [process.execPath, program, socket, name, overlay]]),
        )
        return [{ name: 'guest', url: `disk:${base}`, more: `hooks: ${JSON.stringify(hooks)}` }]
      },
    })
    await shell(`qemu-img create -q -f qcow2 ${base} 16M`, c.root)
    const machine = '-accel tcg -nodefaults -no-user-config -display none -no-shutdown'.split(' ')
    const drive = `file=${base},format=qcow2,if=none,id=disk0,node-name=base`
    const monitor = ['-qmp', `unix:${socket},server=on,wait=off`, '-device', 'virtio-blk-pci,drive=disk0']
    const child = spawn('qemu-system-x86_64', [...machine, '-drive', drive, ...monitor], { stdio: 'ignore' })
    const exited = once(child, 'exit')
    stop = async () => {
      child.kill('SIGKILL')
      await exited
    }
    await eventually(() => existsSync(socket) || undefined)
    await guest('write -P 0x11 0 1M')
    await pin(c)
  })
  afterAll(async () => {
    await stop?.()
    await c[Symbol.asyncDispose]()
  })

  it('is exported as it was when it stood still, and goes on', async () => {
    const { exit, stderr, json } = await restitute([
      ...['export', '--json', '--dossier', c.dossier, '--as', c.keyFile('operator')],
    ])
    expect(exit, stderr).toBe(0)
    expect(JSON.stringify(json())).toContain('R1-0001')
    expect(existsSync(overlay)).toBe(false)
    expect(await ask(socket, { execute: 'query-status' })).toMatchObject({ status: 'running' })
    const to = join(c.root, 'restored.raw')
    const outcome = await restore(
      { ...c.session, dossierDir: c.client },
      {
        ...{ packages: [join(c.vault, 'R1-0001')], key: c.keyFile('client-1'), source: 'guest' },
        ...{ to: `disk:${to}?format=raw`, compare: true },
        signers: [c.keyFile('operator').replace(/key$/, 'asc')],
      },
    )
    expect(outcome.exit, outcome.lines.join('\n')).toBe(0)
    await stop?.()
    expect(await shell(`qemu-io -r -f raw -c 'read -P 0x11 0 1M' ${to}`, c.root)).not.toContain('failed')
    expect(await shell(`qemu-io -r -c 'read -P 0x22 0 1M' ${base}`, c.root)).not.toContain('failed')
  })
})
