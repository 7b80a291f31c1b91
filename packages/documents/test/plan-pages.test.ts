import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contract } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { clauseHtml, planHtml } from '../src/index.ts'
import { edition } from './fixtures.ts'

const path = join(import.meta.dirname, '../../../manifests/v1/examples/contract.json')
const contract = JSON.parse(readFileSync(path, 'utf8')) as Contract
const head = {
  id: '7f0d1f0e-3c60-4c7e-9f57-1f2f3e4d5c6b',
  createdAt: '2026-11-22T10:00:00Z',
  contract: { reference: 'CHU-2026-014', sha256: '1'.repeat(64) },
  operation: 'dossier',
} as const

/** Clause and plan of the example with so many authorisers and that floor. */
function pages(language: 'fr' | 'en', authorisers: number, duration = 'P30D'): readonly string[] {
  const bound = {
    bound: 'floor',
    from: 'noticed',
    to: 'destroyed',
    days: 'calendar',
    duration,
    asked: [],
  } as const
  const person = { id: 'x', name: 'X', party: 'host', key: 'keys/x.asc', roles: ['authoriser'] } as const
  const terms: Contract = {
    ...contract,
    persons: [...contract.persons, person],
    approval: { ...contract.approval, authorisers },
    rehearsal: { cron: '0 2 1 * *' },
  }
  const record = { head, contract: terms, bounds: [bound], remarks: [] }
  return [clauseHtml(record, edition(language)), planHtml(record, edition(language))]
}

describe('plan and clause', () => {
  it.each([
    ['fr', 2, 'deux personnes', 'trois personnes'],
    ['fr', 3, 'trois personnes', 'deux personnes'],
    ['en', 3, 'three persons', 'two persons'],
    ['en', 7, '7 persons', 'two persons'],
  ] as const)('ask for as many authorisers as the contract (%s, %i)', (language, count, said, never) => {
    const [clause = '', plan = ''] = pages(language, count)
    expect(clause.split(said)).toHaveLength(3)
    expect(plan.split(said).length).toBeGreaterThan(3)
    for (const page of [clause, plan]) expect(page).not.toContain(never)
  })

  it('says of a rehearsal on a share that nobody agreed on what the program takes', () => {
    const [, plan = ''] = pages('en', 2)
    expect(plan).toContain('on 5% of each source')
  })

  it.each([
    ['fr', 'P0D', 'au moins 0 jour<'],
    ['en', 'P0D', 'at least 0 days<'],
    ['fr', 'PT90M', 'au moins 1 heure 30 minutes<'],
    ['en', 'PT30M', 'at least 30 minutes<'],
    ['en', 'PT48H', 'at least 48 hours<'],
    ['en', 'P1M', 'at least 1 month<'],
  ] as const)('say every period in words (%s, %s)', (language, duration, said) => {
    for (const page of pages(language, 2, duration)) expect(page.replaceAll('\u00a0', ' ')).toContain(said)
  })
})
