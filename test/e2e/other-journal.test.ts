import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { destroy } from '../../cli/src/commands/destroy.ts'
import {
  acknowledgeAll,
  agreeScope,
  authoriseBy,
  type Case,
  deliverAll,
  exportPackage,
  giveNotice,
  openCase,
  pin,
  see,
} from '../support/case.ts'

/*
 * By the journals in the work folder is judged whether a source still is what was delivered. One of the same name, out of a copy of
 * the dossier that went on by itself, is the measure of another delivery.
 */

const letter = (c: Case): string => join(c.root, 'source', 'letter.txt')

async function openLetters(): Promise<Case> {
  return openCase({
    sources: async (root) => {
      await mkdir(join(root, 'source'))
      await writeFile(join(root, 'source', 'letter.txt'), 'first\n')
      return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
    },
  })
}

/** Exports once more what the source is by now, as if nothing had been exported before; where that package lies then. */
async function exportElsewhere(c: Case, before: string): Promise<string> {
  const [aside, other] = [join(c.root, 'aside'), join(c.root, 'other')]
  await rename(c.vault, aside)
  await mkdir(c.vault)
  await exportPackage({ ...c, as: (member) => ({ ...c.as(member), dossierDir: before }) })
  await rename(c.vault, other)
  await rename(aside, c.vault)
  return join(other, 'R1-0001')
}

interface Ready {
  readonly confirm: readonly string[]
  /** A dossier that has begun from the same, and its package. */
  readonly before: string
  readonly other: string
}

/** A destruction that may be executed, and another package of the same name that was made meanwhile. */
async function makeReady(c: Case): Promise<Ready> {
  await pin(c)
  await agreeScope(c)
  const before = join(c.root, 'before')
  await cp(c.dossier, before, { recursive: true })
  await exportPackage(c)
  await deliverAll(c)
  await acknowledgeAll(c, ['R1-0001'])
  await giveNotice(c)
  await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
  const confirm = await see(c)
  c.clock.advance('P30D')
  await writeFile(letter(c), 'written since, and delivered to nobody\n')
  return { confirm, before, other: await exportElsewhere(c, before) }
}

it('nothing is destroyed by the journal of another package of that name', async () => {
  await using c = await openLetters()
  const { confirm, before } = await makeReady(c)
  const journal = join('work', 'R1-0001')
  await rm(join(c.dossier, journal), { recursive: true })
  await cp(join(before, journal), join(c.dossier, journal), { recursive: true })
  const options = { execute: true, see: false, confirm }
  await expect(destroy(c.as('operator'), options)).rejects.toMatchObject({ code: 'invalid' })
  expect(await readFile(letter(c), 'utf8')).toContain('written since')
})

it('nothing is destroyed where another package of that name lies in its place, valid though it is', async () => {
  await using c = await openLetters()
  const { confirm, other } = await makeReady(c)
  await writeFile(letter(c), 'first\n')
  await rm(join(c.vault, 'R1-0001'), { recursive: true })
  await cp(other, join(c.vault, 'R1-0001'), { recursive: true })
  const options = { execute: true, see: false, confirm }
  await expect(destroy(c.as('operator'), options)).rejects.toMatchObject({
    code: 'guard-refused',
    message: expect.stringContaining('delivery-valid') as string,
  })
  expect(await readFile(letter(c), 'utf8')).toBe('first\n')
})
