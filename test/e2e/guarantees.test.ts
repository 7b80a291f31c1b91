import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Case, openCase } from '../support/case.ts'
import { type CliRun, restitute } from '../support/cli.ts'
import { letters } from '../support/receipts.ts'

/*
 * The representation of guarantees of the référentiel HDS (7.6), with the actors of its own example (annexe 1).
 */

const opened: Case[] = []
afterEach(async () => {
  for (const c of opened.splice(0)) await c[Symbol.asyncDispose]()
})

const actors = (level = 'hds'): string => `actors:
  - { code: Alpha, identity: Fournisseur Alpha, role: Opérateur du service, level: exempt }
  - { code: Bravo, identity: Fournisseur Bravo, role: Administrateur unique, level: ${level} }
  - { code: Charlie, identity: Fournisseur Charlie, role: Sous-traitant de Bravo, level: not-conforming }
`
const row = 'C: [Alpha, Bravo], D: [Alpha, Bravo], E: [Alpha, Bravo], F: [Alpha, Bravo], G: [Alpha, Bravo]'
const guarantees = (instance = 'BACK', a = 'Charlie'): string => `guarantees:
  administrator: Bravo
  comment: Alpha est exempté <de certification>.
  objectives:
    - { instance: PRIM, A: [Bravo], B: [Bravo], ${row}, H: [Alpha, Bravo] }
    - { instance: ${instance}, A: [${a}], B: [Bravo], ${row}, H: [] }
`

async function made(more: string): Promise<Case> {
  const second =
    '\n  - { code: BACK, description: Sauvegardes, country: FR, actors: [Bravo, Charlie] }\ndestinations:'
  const c = await openCase({
    sources: letters,
    contract: (yaml) => {
      const known = yaml.replace('\ndestinations:', more.includes('actors:') ? second : '\ndestinations:')
      return `${known}${more}`
    },
  })
  opened.push(c)
  return c
}

const write = (c: Case, lang: string): Promise<CliRun> =>
  restitute([
    ...['document', 'guarantees', '--out', join(c.root, `${lang}.html`), '--lang', lang],
    ...['--dossier', c.dossier, '--json'],
  ])

it('says who takes which objective upon them, in colours and in words, and what nobody does', async () => {
  const c = await made(actors() + guarantees())
  for (const lang of ['fr', 'en']) expect(await write(c, lang)).toMatchObject({ exit: 0 })
  const page = await readFile(join(c.root, 'fr.html'), 'utf8')
  for (const said of [
    'Bravo – Fournisseur Bravo',
    'Sauvegardes (France (FR))',
    'A – Sécurité physique et environnementale',
    'Certifié HDS et qualifié SecNumCloud',
    '<span class="level exempt" title="Exempté">Alpha</span>',
    '<span class="level not-conforming" title="Non conforme">Charlie</span>',
    'Alpha est exempté &lt;de certification&gt;.',
    'H – Protection contre des lois extra-européennes : personne ne le prend en charge pour l’instance BACK.',
    'Charlie contribue et n’est pas conforme.',
  ])
    expect(page).toContain(said)
  expect(page).not.toMatch(/undefined|\[object|https?:|<script/)
  expect(await readFile(join(c.root, 'en.html'), 'utf8')).toContain(
    'nobody takes it upon them for the instance BACK',
  )
})

it('is not to be had without guarantees in the contract', async () => {
  const c = await made('')
  const run = await write(c, 'fr')
  expect([run.exit, run.stdout]).toEqual([2, expect.stringContaining('the contract has no guarantees')])
})

it.each([
  ['an administrator who is not certified', actors('exempt') + guarantees(), 'whose level is hds'],
  ['an actor that nobody knows', actors() + guarantees('BACK', 'Delta'), 'no actor has the code Delta'],
  ['an instance twice', actors() + guarantees('PRIM'), 'the instance PRIM is unknown or there twice'],
])('is refused in a contract with %s', async (_, more, why) => {
  const run = await write(await made(more), 'en')
  expect([run.exit, run.stdout]).toEqual([2, expect.stringContaining(why)])
})
