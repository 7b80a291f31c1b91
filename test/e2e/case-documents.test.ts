import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deliverAll, exportPackage, openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'

it('slip and minutes of an operation are written in the language asked for, never over another file', async () => {
  await using c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'source'))
      await writeFile(join(root, 'source', 'letter.txt'), 'Dear colleague\n')
      return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
    },
  })
  await pin(c)
  await exportPackage(c)
  await deliverAll(c, { medium: 'WX-1234', seal: '0071', carrier: 'Courier', recipient: 'C. Client' })
  const write = (what: string, out: string, lang: string) =>
    restitute([
      'document',
      what,
      '--out',
      join(c.root, out),
      '--lang',
      lang,
      '--dossier',
      c.dossier,
      '--json',
    ])
  expect(await write('slip', 'slip.html', 'fr')).toMatchObject({ exit: 0 })
  const slip = await readFile(join(c.root, 'slip.html'), 'utf8')
  for (const said of ['Bordereau de remise', 'WX-1234', '0071', 'R1-0001', 'EXI 27 (v2.0)', 'Host', 'Client'])
    expect(slip).toContain(said)
  expect(await write('minutes', 'minutes.html', 'en')).toMatchObject({ exit: 0 })
  const minutes = await readFile(join(c.root, 'minutes.html'), 'utf8')
  expect(minutes).toContain('Contract signed by both parties, in force')
  expect(minutes).toMatch(/Package finished: R1-0001[\s\S]*Handed over to the client/)
  expect(await write('minutes', 'minutes.html', 'en')).toMatchObject({ exit: 1 })
  expect(await readFile(join(c.root, 'minutes.html'), 'utf8')).toBe(minutes)
  expect(await write('nothing', 'x.html', 'en')).toMatchObject({ exit: 2 })
})
