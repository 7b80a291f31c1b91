import { type Scope, sha256Hex } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { scopeHtml } from '../src/index.ts'
import { edition } from './fixtures.ts'

const scope: Scope = {
  schema: 'restitute/scope/v1',
  id: '7f0d1f0e-3c60-4c7e-9f57-1f2f3e4d5c6b',
  createdAt: '2026-11-22T10:00:00Z',
  contract: { reference: 'CHU-2026-014', sha256: '1'.repeat(64) },
  operation: 'R1',
  sources: [
    {
      ...{ name: 'records', instance: 'PRIM', kind: 'postgres' },
      ...{ fingerprint: '3f2a-9c1b-77de', items: 1204, bytes: 98765432 },
    },
    {
      ...{ name: 'archive', instance: 'PRIM', kind: 'files' },
      ...{ fingerprint: '77de-9c1b-3f2a', items: 3, bytes: 12, excluded: 'kept for a litigation' },
    },
  ],
  copies: [
    { name: 'nightly', instance: 'PRIM', kind: 'backup', heldBy: 'Bravo <b>', rotation: 'P35D' },
    { name: 'lab-2', instance: 'PRIM', kind: 'replica' },
  ],
  leftOut: [{ url: 'sqlite:/srv/ehr/test.db', reason: 'belongs to another client' }],
}
const bytes = new TextEncoder().encode('{"any":"bytes"}')
const text = (language: 'fr' | 'en', document = scope): string =>
  scopeHtml(document, bytes, edition(language))
    .replace(/<style>[^]*<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')

describe.each(['fr', 'en'] as const)('the page of a scope (%s)', (language) => {
  const page = text(language)

  it('names every source with what there is of it, and every copy with who holds it', () => {
    const [items, size] = language === 'fr' ? ['1 204', '98 765 432'] : ['1,204', '98,765,432']
    expect(page).toContain(`records PRIM postgres 3f2a-9c1b-77de ${items} ${size}`)
    expect(page).toMatch(/nightly PRIM (sauvegarde|backup) Bravo &lt;b&gt; 35 (jours|days)/)
    expect(page).toMatch(/lab-2 PRIM (réplica|replica) (Hébergeur|Host) –/)
  })

  it('lists what is left out apart, so that nobody takes it for given back or destroyed', () => {
    const [given, out = ''] = page.split(/Laissé de côté|Left out/)
    expect(given).not.toContain('archive')
    expect(out).toContain('archive kept for a litigation')
    expect(out).toContain('sqlite:/srv/ehr/test.db belongs to another client')
  })

  it('says whose signatures it waits for, and of which bytes', () => {
    expect(page).toContain(sha256Hex(bytes))
    expect(page).toMatch(/signé des deux parties|both parties have signed/)
    expect(page).not.toMatch(/undefined|\[object|NaN/)
  })

  it('says it where there is nothing to list', () => {
    const bare = text(language, { ...scope, sources: scope.sources.slice(0, 1), copies: [], leftOut: [] })
    expect(bare).toMatch(/aucune autre copie|no other copy/)
    expect(bare).toMatch(/Rien n’est laissé de côté|None of the sources of the contract is left out/)
  })
})
