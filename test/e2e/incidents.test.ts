import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { recordFile } from '../../cli/src/commands/record.ts'
import { openCase, pin } from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { state } from '../support/forms.ts'
import { letters } from '../support/receipts.ts'

it('incidents of a case are one page: what article 33 asks for, who closed what, and what is still open', async () => {
  await using c = await openCase({ sources: letters })
  await pin(c)
  const page = async (lang: string): Promise<string> => {
    const out = join(c.root, `${lang}-${c.clock.at.getTime()}.html`)
    const run = await restitute([
      'document',
      'incident',
      '--out',
      out,
      '--lang',
      lang,
      '--dossier',
      c.dossier,
    ])
    expect(run.exit, run.stderr).toBe(0)
    return readFile(out, 'utf8')
  }
  expect(await page('en')).toContain('The ledger holds no incident')
  c.clock.advance('PT1H')
  await state(
    c,
    'operator',
    'incident',
    {
      nature: 'lost-medium',
      text: 'the courier lost disk <WX-1>',
      categories: 'patients,letters',
      persons: '1200',
      records: '3400',
      consequences: 'none: it is encrypted',
      measures: 'keys changed',
      contact: 'dpo@host.example',
    },
    'R1',
  )
  const letter = join(c.slips, 'letter.txt')
  await writeFile(letter, 'a second thing happened\n')
  await recordFile(c.as('operator'), { kind: 'incident', file: letter, operation: 'dossier' })
  const open = await page('fr')
  for (const said of [
    'support perdu',
    'disk &lt;WX-1&gt;',
    'patients',
    '1 200'.replace(' ', '\u202f'),
    'dpo@host.example',
    'Ouvert',
    'Pièce libre',
    'article 33',
  ])
    expect(open).toContain(said)
  expect(open).not.toContain('a second thing happened')
  c.clock.advance('PT1H')
  await state(c, 'host', 'incident-closed', { text: 'it was found, sealed' }, 'R1')
  const closed = await page('en')
  for (const said of ['lost medium', 'Closed', 'it was found, sealed', 'Open', 'article 33(3) and (5)'])
    expect(closed).toContain(said)
  expect(closed).not.toMatch(/undefined|\[object|NaN|Invalid Date|https?:/)
})

it('a form says what it assumes that nobody said, and takes only whole numbers for numbers', async () => {
  await using c = await openCase({ sources: letters })
  await pin(c)
  const write = (name: string, ...set: readonly string[]) =>
    restitute([
      ...['document', 'form', '--kind', 'incident', '--out', join(c.root, name), '--dossier', c.dossier],
      ...set.flatMap((member) => ['--set', member]),
    ])
  const said = await write('some.json', 'nature=wrong-tenant', 'persons=12')
  expect(said.stdout).toMatch(
    /Assumed, where --set does not say otherwise: discoveredAt="[^"]+", records=0\n/,
  )
  for (const persons of ['', 'abc', '1 200', '0x10', '1e3']) {
    const refused = await write('none.json', `persons=${persons}`)
    expect([refused.exit, refused.stderr]).toEqual([
      2,
      expect.stringContaining(`--set persons: expected a whole number such as 1200, got "${persons}"`),
    ])
  }
})
