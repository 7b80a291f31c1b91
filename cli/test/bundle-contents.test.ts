import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Dossier } from '@restitute/dossier'
import { type LedgerEvent, sha256Hex } from '@restitute/manifest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { contentsFindings } from '../src/bundle-contents.ts'

/* What lies in a bundle beside what its ledger names; what certificates rest on is in test/e2e/forgeries.test.ts. */

const letter = 'one letter is missing\n'
let documents: string
beforeAll(async () => {
  documents = await mkdtemp(join(tmpdir(), 'restitute-contents-'))
  await writeFile(join(documents, 'contest-R1.txt'), letter)
  await writeFile(join(documents, 'contest-R1.txt.aaaa.asc'), 'a signature')
  await writeFile(join(documents, 'contest-R1.txt.en.html'), '<p>Nobody objected')
})
afterAll(() => rm(documents, { recursive: true }))

async function found(type: LedgerEvent['type'], names: readonly string[]): Promise<string[]> {
  const event = { sequence: 15, type, body: { sha256: sha256Hex(letter) } }
  const dossier = { paths: { documents }, ledger: { events: () => [event] } } as unknown as Dossier
  const all = names.map((name) => `documents/${name}`)
  const findings = await contentsFindings(dossier, [...all, 'ledger.jsonl'], [])
  return findings.map(({ code, subject }) => `${code} ${subject}`)
}

it('is in order where each file is named by an event, or signs one that is', async () => {
  expect(await found('contest', ['contest-R1.txt', 'contest-R1.txt.aaaa.asc'])).toEqual([])
})

it.each(['contest', 'hold', 'withdrawal'] as const)('lacks the words of a %s', async (type) => {
  expect(await found(type, [])).toEqual([`document-missing ${type} of event 15`])
})

it('has a page too many, under whatever name', async () => {
  expect(await found('contest', ['contest-R1.txt', 'contest-R1.txt.en.html'])).toEqual([
    'document-unnamed contest-R1.txt.en.html',
  ])
})
