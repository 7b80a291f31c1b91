import type { Dossier } from '@restitute/dossier'
import type { EventType, LedgerEvent } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { operationOf } from '../src/case.ts'

/** A dossier in which these things happened, in this order. */
function dossierWith(...happened: readonly (readonly [operation: string, type: EventType])[]): Dossier {
  const events = happened.map(
    ([operation, type], i): LedgerEvent => ({
      sequence: i + 1,
      at: `2026-01-05T08:00:0${i}Z`,
      operation,
      type,
      body: type === 'certified' ? { status: 'final' } : {},
      person: 'f'.repeat(40),
      previous: '0'.repeat(64),
    }),
  )
  return { ledger: { events: () => events } } as unknown as Dossier
}

describe('the operation meant where none is named', () => {
  it.each([
    ['the first in a new dossier', [['dossier', 'contract-pinned']], 'R1'],
    [
      'the newest',
      [
        ['R1', 'exported'],
        ['R2', 'requested'],
      ],
      'R2',
    ],
    [
      'the next once all are certified',
      [
        ['R1', 'exported'],
        ['R1', 'certified'],
      ],
      'R2',
    ],
    // A letter that holds everything was recorded for R3, which nobody had asked for, and R1 was destroyed.
    [
      'the one still open after a later one has ended',
      [
        ['R1', 'acknowledged'],
        ['R2', 'exported'],
        ['R2', 'certified'],
      ],
      'R1',
    ],
    [
      'never one that has ended, when a number was left out',
      [
        ['R1', 'certified'],
        ['R3', 'certified'],
      ],
      'R4',
    ],
  ] as const)('is %s', (_, happened, expected) => {
    expect(operationOf(dossierWith(...happened), undefined)).toBe(expected)
  })
})
