import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { type Clock, isoTime } from '@restitute/core'
import {
  type AcceptedLoss,
  type Contract,
  type ContractRef,
  type DocumentHead,
  type Receipt,
  type Scope,
  sha256Hex,
} from '@restitute/manifest'
import type { MadePackage } from './package.ts'
import type { People } from './people.ts'

/** A contract with one source, one backup that rotation removes, and no period to wait for. */
export function contractOf(dir: string, source: string, people: People): Contract {
  const person = (id: keyof People, role: 'operator' | 'authoriser' | 'verifier') => {
    const { fingerprint } = people[id]
    return { id, name: id, party: 'host', key: `keys/${id}.asc`, fingerprint, roles: [role] } as const
  }
  return {
    restitute: 1,
    reference: 'CHU-2026-014',
    language: 'en',
    profile: 'hds-2.0',
    parties: {
      host: { name: 'Host', siren: '123456789', key: 'keys/host.asc', fingerprint: people.host.fingerprint },
      client: {
        name: 'Hospital',
        keys: ['keys/client.asc', 'keys/spare.asc'],
        fingerprints: [people.client.fingerprint, people.spare.fingerprint],
      },
    },
    persons: [
      person('operator', 'operator'),
      person('first', 'authoriser'),
      person('second', 'authoriser'),
      { ...person('verifier', 'verifier'), roles: ['verifier', 'authoriser'] },
    ],
    instances: [
      {
        code: 'PRIM',
        country: 'FR',
        sources: [{ name: 'records', url: `tree:${source}` }],
        copies: [{ name: 'nightly', kind: 'backup', rotation: 'P35D', 'held-by': 'Bravo' }],
      },
    ],
    destinations: [{ name: 'vault', url: `directory:${join(dir, 'vault')}`, country: 'FR' }],
    deadlines: { acknowledgement: 'PT1H', notice: 'P1D', retrieval: 'P1D' },
  }
}

function headOf(contract: ContractRef, clock: Clock): DocumentHead {
  return { id: randomUUID(), createdAt: isoTime(clock.now()), contract, operation: 'R1' }
}

/** What both parties sign. */
export function scopeOf(contract: ContractRef, clock: Clock, fingerprint: string): Scope {
  return {
    schema: 'restitute/scope/v1',
    ...headOf(contract, clock),
    sources: [{ name: 'records', instance: 'PRIM', kind: 'tree', fingerprint, items: 3, bytes: 48 }],
    copies: [{ name: 'nightly', instance: 'PRIM', kind: 'backup', heldBy: 'Bravo', rotation: 'P35D' }],
    leftOut: [],
  }
}

/** The client accepts, consents, and lists what it never got. */
export function receiptOf(contract: ContractRef, made: MadePackage, clock: Clock, lost?: string): Receipt {
  const checks = {
    integrity: 'passed',
    decryption: 'passed',
    completeness: 'passed',
    exploitability: 'passed',
  } as const
  const bytes = made.items.reduce((sum, item) => sum + item.bytes, 0)
  return {
    schema: 'restitute/receipt/v1',
    ...headOf(contract, clock),
    packages: [{ package: 'R1-0001', manifestSha256: made.sha256, salts: made.salts }],
    sources: [{ source: 'records', ...checks, items: made.items.length, bytes }],
    documentationReceived: true,
    clientBackup: true,
    decision: 'accepted',
    reservations: [],
    consent: { destruction: true, accepts: lost === undefined ? [] : [acceptedLoss(made, lost)] },
    signer: { name: 'Camille Exemple' },
  }
}

function acceptedLoss(made: MadePackage, item: string): AcceptedLoss {
  const [salt] = Object.values(made.salts)
  return { source: 'records', commitment: sha256Hex(`${salt}:${item}`), state: 'lost', reason: 'read error' }
}
