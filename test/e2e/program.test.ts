import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { certify } from '../../cli/src/commands/certify.ts'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { restore } from '../../cli/src/commands/restore.ts'
import { sampleProgram } from '../../packages/connector-program/test/support.ts'
import { makeReady, openCase } from '../support/case.ts'

it('a system without connector goes through a whole contract by a program of the operator', async () => {
  await using c = await openCase({
    sources: async (root) => {
      mkdirSync(join(root, 'system'))
      writeFileSync(join(root, 'system', 'patients'), 'Zoë\n'.repeat(5_000))
      writeFileSync(join(root, 'system', 'stays'), '1\n')
      return [{ name: 'erp', url: `program:${sampleProgram(root)}?system=${join(root, 'system')}` }]
    },
  })
  const confirm = await makeReady(c)
  const url = `program:${join(c.root, 'program')}?system=${join(c.root, 'restored')}`
  const packages = [join(c.client, 'R1-0001')]
  const manifest = JSON.parse(readFileSync(join(packages[0] ?? '', 'manifest.json'), 'utf8'))
  expect(manifest.sources[0].view.point).toContain('native format, not neutral: tables of the sample system')
  const signers = [c.keyFile('operator').replace(/key$/, 'asc')]
  const options = { packages, key: c.keyFile('client-1'), source: 'erp', to: url, compare: true, signers }
  expect((await restore(c.session, options)).exit).toBe(0)
  expect(readFileSync(join(c.root, 'restored', 'patients'), 'utf8')).toBe('Zoë\n'.repeat(5_000))
  await destroy(c.as('operator'), { execute: true, see: false, confirm })
  expect((await certify(c.as('verifier'), {})).json['status']).toBe('final')
})
