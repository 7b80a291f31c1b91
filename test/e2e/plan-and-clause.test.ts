import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Case, openCase } from '../support/case.ts'
import { type CliRun, restitute } from '../support/cli.ts'
import { letters } from '../support/receipts.ts'

/*
 * The pages that a contract is signed on: made from contract.yaml alone, before anybody has signed.
 */

const opened: Case[] = []
afterEach(async () => {
  for (const c of opened.splice(0)) await c[Symbol.asyncDispose]()
})

async function made(change: (yaml: string) => string = (yaml) => yaml): Promise<Case> {
  const c = await openCase({ sources: letters, contract: change })
  opened.push(c)
  return c
}

const out = (c: Case, what: string, lang: string): string => join(c.root, `${what}-${lang}.html`)
const write = (c: Case, what: string, lang: string): Promise<CliRun> =>
  restitute(['document', what, '--out', out(c, what, lang), '--lang', lang, '--dossier', c.dossier, '--json'])

it('have the four items that the requirement asks for, as the contract fills them, in both languages', async () => {
  const c = await made(
    (yaml) =>
      `${yaml.replace('\ndestinations:', '\n    copies: [{ name: nightly, kind: backup, rotation: P20D, held-by: Bravo }]\ndestinations:')}receipts: { accepted: [openpgp, handwritten] }
costs: { rates: [{ for: transfer, cents: 2 }, { for: fixed, cents: 150000 }], laws: [sren-27] }
rehearsal: { cron: "0 2 1 * *", sample: 5% }
`,
  )
  for (const what of ['clause', 'plan'])
    for (const lang of ['fr', 'en']) {
      const run = await write(c, what, lang)
      expect(run.exit, run.stdout).toBe(0)
      const page = await readFile(out(c, what, lang), 'utf8')
      expect(page).not.toMatch(/<script|<link|<img|url\(|src=|href=|https?:|undefined|\[object|NaN/i)
      expect(page.match(/<h2>[1-4]\./g)).toHaveLength(4)
      for (const said of [
        'documents',
        'nightly',
        'Bravo',
        '<td>Host</td>',
        '<td>Client</td>',
        'EXI 27 (v2.0)',
        'OCI, conditions particulières HDS, article 9',
      ])
        expect(page).toContain(said)
    }
  const clause = await readFile(out(c, 'clause', 'fr'), 'utf8')
  for (const said of [
    'totalité',
    'au plus 30 jours',
    'au moins 48 heures',
    '1 500,00 €',
    'Signé à la main, il ne vaut jamais',
    'SREN',
    '20 jours',
  ])
    expect(clause.replaceAll(/[\u00a0\u202f]/g, ' ')).toContain(said)
  expect(clause).not.toContain('authorises the destruction')
  const plan = await readFile(out(c, 'plan', 'en'), 'utf8')
  for (const said of ['authorises the destruction', '0 2 1 * *', 'at most 30 days', '€1,500.00', 'BagIt'])
    expect(plan).toContain(said)
})

it('are not issued as a clause where deadlines collide, and say so as a plan', async () => {
  const c = await made((yaml) => yaml.replace('secnumcloud-19.4]', 'secnumcloud-19.4], notice: P60D'))
  const refused = await write(c, 'clause', 'en')
  expect([refused.exit, refused.stdout]).toEqual([2, expect.stringContaining('clause: not issued')])
  await expect(readFile(out(c, 'clause', 'en'))).rejects.toThrow('ENOENT')
  const plan = await write(c, 'plan', 'en')
  expect(plan.exit).toBe(0)
  expect(await readFile(out(c, 'plan', 'en'), 'utf8')).toContain('To be settled')
})

it('promise no format for a system that no connector knows', async () => {
  const c = await made((yaml) => yaml.replace('url: "files:', 'url: "oracle:'))
  const refused = await write(c, 'clause', 'fr')
  expect([refused.exit, refused.stdout]).toEqual([2, expect.stringContaining('kind \\"oracle\\"')])
  await write(c, 'plan', 'fr')
  expect(await readFile(out(c, 'plan', 'fr'), 'utf8')).toContain('AUCUN CONNECTEUR')
})
