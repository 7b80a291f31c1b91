import { eventTypes, type LedgerEvent } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { type CaseRecord, deliverySlipHtml, minutesHtml } from '../src/index.ts'
import { edition } from './fixtures.ts'

const operator = 'a'.repeat(40)
const line = 'b'.repeat(64)
const packages = [{ package: 'R1-0001', manifestSha256: 'c'.repeat(64) }]

function eventOf(type: LedgerEvent['type'], i: number, body: LedgerEvent['body'] = {}): LedgerEvent {
  const at = `2026-11-22T10:00:${String(i).padStart(2, '0')}Z`
  return { sequence: i + 1, at, operation: 'R1', type, body, person: operator, previous: line }
}

const delivered = {
  packages: packages.map((ref) => ({ ...ref })),
  place: 'directory:/media/disk1',
  country: 'FR',
  channel: 'medium',
  medium: 'WX-1234',
  seal: '<b>0071</b>',
  carrier: 'Courier',
  recipient: 'C. Client',
}

const record: CaseRecord = {
  head: {
    id: '00000000-0000-4000-8000-000000000001',
    createdAt: '2026-11-23T10:00:00Z',
    contract: { reference: 'CHU-2026-014', sha256: 'd'.repeat(64) },
    operation: 'R1',
  },
  events: eventTypes.map((type, i) =>
    eventOf(
      type,
      i,
      type === 'delivered' ? delivered : type === 'acknowledged' ? { receiptSha256: line } : {},
    ),
  ),
  packages,
  ledger: { sequence: eventTypes.length, sha256: 'e'.repeat(64) },
}

describe.each(['fr', 'en'] as const)('pages that render the ledger (%s)', (language) => {
  const own = { ...edition(language), names: new Map([[operator, 'Ana Martin']]) }
  const slip = deliverySlipHtml(record, own)
  const minutes = minutesHtml(record, own)

  it('are self-contained, escaped, whole', () => {
    for (const page of [slip, minutes]) {
      expect(page).toMatch(/^<!doctype html>/)
      expect(page).toContain(`<html lang="${language}">`)
      expect(page).not.toMatch(/<script|<link|<img|url\(|src=|href=|https?:|<b>0071/i)
      expect(page).not.toMatch(/undefined|\[object|NaN|Invalid Date/)
      expect(page.match(/<h1>/g)).toHaveLength(1)
    }
  })

  it('pin the ledger that they were made from', () => {
    for (const page of [slip, minutes]) expect(page).toContain('e'.repeat(64))
  })

  it('say what was handed over, where, and on which medium', () => {
    for (const said of [
      'R1-0001',
      'c'.repeat(64),
      'directory:/media/disk1',
      'France (FR)',
      'WX-1234',
      'C. Client',
    ])
      expect(slip).toContain(said)
    expect(slip).toContain('&lt;b&gt;0071&lt;/b&gt;')
  })

  it('never let a slip pass for a consent', () => {
    expect(slip).toContain(
      language === 'fr' ? 'n’est ni accepter ni consentir' : 'neither accepts the data nor consents',
    )
  })

  it('say so when nothing was handed over', () => {
    const empty = deliverySlipHtml({ ...record, events: [] }, own)
    expect(empty).toContain(language === 'fr' ? 'Aucune remise' : 'holds no delivery')
  })

  it('give a line for every event, with who recorded it and the digest of its document', () => {
    expect(minutes.match(/Ana Martin/g)).toHaveLength(eventTypes.length)
    expect(minutes).toContain(line)
    // No event stands there under its name in the code.
    for (const type of eventTypes.filter((name) => name.includes('-')))
      expect(minutes).not.toContain(`>${type}<`)
  })
})
