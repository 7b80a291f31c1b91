import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { check } from '../../cli/src/commands/check.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { restore } from '../../cli/src/commands/restore.ts'
import { type Case, makeReady, openCase } from '../support/case.ts'
import { bootGuest, guestKernel, guestPrograms, makeGuest } from '../support/linux-guest.ts'
import { available, havePrograms } from '../support/programs.ts'
import { shell } from '../support/torture-tree.ts'

const kernel = havePrograms(...guestPrograms) ? guestKernel() : undefined
const ready = available(kernel !== undefined, 'no Debian kernel for guests could be had')

describe.skipIf(!ready)('a Linux machine on a qcow2 chain', () => {
  let c: Case
  let machine = ''
  let confirm: string[] = []
  let wrote = ''

  beforeAll(async () => {
    c = await openCase({
      sources: async (root) => {
        machine = join(root, 'guest')
        await mkdir(machine)
        await makeGuest(machine, kernel ?? '')
        return [{ name: 'guest', url: `disk:${machine}` }]
      },
    })
    wrote = await bootGuest(machine, 'system.qcow2', 'qcow2')
    confirm = await makeReady(c)
  })
  afterAll(() => c[Symbol.asyncDispose]())

  it('has lived: it wrote to the leaf of its chain', () => {
    expect(wrote).toContain('GUEST WROTE')
  })

  it('is found reachable and without siblings that nobody declared', async () => {
    const { exit, lines } = await check(c.session, { contractOnly: false })
    expect(exit, lines.join('\n')).toBe(0)
  })

  it.each(['raw', 'qcow2'])(
    'is rebuilt as %s, equal by content, boots there and verifies its own files',
    async (format) => {
      const to = join(c.root, `restored-${format}`)
      const outcome = await restore(
        { ...c.session, dossierDir: c.client },
        {
          packages: [join(c.client, 'R1-0001')],
          key: c.keyFile('client-1'),
          source: 'guest',
          to: `disk:${to}?format=${format}`,
          compare: true,
          signers: [c.keyFile('operator').replace(/key$/, 'asc')],
        },
      )
      expect(outcome.exit, outcome.lines.join('\n')).toBe(0)
      const [original, restored] = [join(machine, 'system.qcow2'), join(to, `system.${format}`)]
      expect(await shell(`qemu-img compare ${original} ${restored}`, c.root)).toContain('identical')
      const console = await bootGuest(to, `system.${format}`, format)
      expect(console).toContain('GUEST VERIFIED guest-42')
      expect(console).toContain('data/own.bin: OK')
    },
  )

  it('is destroyed, chain and files, and certified', async () => {
    const neighbour = join(c.root, 'restored-raw')
    const outcome = await destroy(c.as('operator'), { execute: true, see: false, confirm })
    expect(outcome.exit, outcome.lines.join('\n')).toBe(0)
    expect(existsSync(machine)).toBe(false)
    expect(existsSync(neighbour)).toBe(true)
    const { exit, json } = await certify(c.as('verifier'), {})
    expect([exit, json['status']]).toEqual([0, 'final'])
  })
})
