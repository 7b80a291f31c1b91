import { readFile } from 'node:fs/promises'
import { isoTime } from '@restitute/core'
import { afterAll, beforeEach, expect, it } from 'vitest'
import { openDossier, storeDocument } from '../src/index.ts'
import { begin, c, signaturesBeside, take } from './record-support.ts'
import { day, errorOf, people, removeFolders, scope, signedFile } from './support.ts'

/* What was signed stays signed: who holds it back must gain nothing. */

afterAll(removeFolders)
beforeEach(begin)

it('does not take a scope that was kept back: the client has signed another since', async () => {
  const signedOn = (at: Date): Promise<string> =>
    signedFile('scope.json', scope(c.dossier.terms.sha256), ['host', 'client-1'], at)
  const { body } = await take('scope', await signedOn(day(2)), day(3))
  expect(body['signedAt']).toBe(isoTime(day(2)))
  const kept = await signedOn(day(1))
  const error = await errorOf(() => take('scope', kept, day(4)))
  expect([error.code, error.message]).toEqual([
    'document-invalid',
    'scope: the client signed another one after it, recorded as event 2',
  ])
  // Nor where somebody writes the event by hand.
  const bytes = await readFile(kept)
  const signatures = await signaturesBeside(kept)
  const stored = await storeDocument({
    ...{ dossier: c.dossier, stem: 'scope-R1', extension: 'json' },
    ...{ bytes, signatures },
  })
  const said = { scopeSha256: stored.sha256, signers: [...signatures.keys()] }
  const byHand = { type: 'scoped', operation: 'R1', key: (await people()).operator, at: day(5) } as const
  await c.dossier.ledger.append({ ...byHand, body: said })
  expect((await errorOf(() => openDossier(c.dir))).message).toContain('signed another one after it')
})
