import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { destroy } from '../../cli/src/commands/destroy.ts'
import { agreeScope, exportPackage, openCase, pin } from '../support/case.ts'

it('a verifier who cannot look at a copy is told why', async () => {
  await using c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'source'))
      await writeFile(join(root, 'source', 'letter.txt'), 'Dear colleague\n')
      return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
    },
    contract: (yaml) =>
      yaml.replace(/(files:[^"]*source)"/, '$1", probe: { url: "$1", secret: "env:RESTITUTE_TEST_NOT_SET" }'),
  })
  await pin(c)
  await agreeScope(c)
  await exportPackage(c)
  const { exit, lines } = await destroy(c.as('verifier'), { execute: false, see: true, confirm: [] })
  expect(exit).toBe(4)
  const at = lines.findIndex((line) => /^could-not-check documents/.test(line))
  expect(lines[at + 1]).toMatch(/^ {2}open the copy for reading: .*RESTITUTE_TEST_NOT_SET/)
})
