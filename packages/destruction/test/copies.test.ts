import type { Contract } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { copiesOf } from '../src/copies.ts'

const contract: Contract = {
  restitute: 1,
  reference: 'CHU-2026-014',
  language: 'fr',
  profile: 'hds-2.0',
  parties: { host: { name: 'H', key: 'h' }, client: { name: 'C', keys: ['c'] } },
  persons: [],
  instances: [
    {
      code: 'PRIM',
      country: 'FR',
      sources: [
        { name: 'records', url: 'sqlite:/srv/records.db' },
        { name: 'archive', url: 'files:/srv/archive', excluded: 'belongs to another client' },
      ],
      copies: [{ name: 'nightly', kind: 'backup', rotation: 'P35D', 'held-by': 'Bravo' }],
    },
    { code: 'BACK', country: 'DE', sources: [{ name: 'mirror', url: 'files:/srv/mirror' }] },
  ],
  destinations: [{ name: 'vault', url: 'directory:/mnt/out', country: 'BE' }],
  deadlines: {},
}
const stored = {
  package: 'R1-0001',
  manifestSha256: 'ab'.repeat(32),
  destination: 'vault',
  url: 'directory:/mnt/out/R1-0001',
}

describe('copiesOf', () => {
  it('lists sources first, then packages, the work folder, and what others hold', () => {
    const copies = copiesOf(contract, [stored], '/dossier/work')
    expect(copies.map(({ name, kind, instance, country }) => [name, kind, instance, country])).toEqual([
      ['records', 'source', 'PRIM', 'FR'],
      ['mirror', 'source', 'BACK', 'DE'],
      ['vault/R1-0001', 'package', 'STAGING', 'BE'],
      ['work', 'work', 'STAGING', 'ZZ'],
      ['nightly', 'backup', 'PRIM', 'FR'],
    ])
  })

  it('keeps who holds a declared copy and when rotation removes it', () => {
    const nightly = copiesOf(contract, [], '/dossier/work').at(-1)
    expect(nightly).toMatchObject({ heldBy: 'Bravo', rotation: 'P35D' })
    expect(nightly).not.toHaveProperty('url')
  })

  it('never lists an excluded source', () => {
    expect(copiesOf(contract, [stored], '/w').map(({ name }) => name)).not.toContain('archive')
  })
})
