import { join } from 'node:path'
import { isoTime } from '@restitute/core'
import type { EventType } from '@restitute/manifest'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { type FormKind, formOf, openDossier } from '../src/index.ts'
import { begin, c, take } from './record-support.ts'
import { day, errorOf, type Name, people, removeFolders, signedFile } from './support.ts'

afterAll(removeFolders)
beforeEach(begin)

const formed = (kind: FormKind, set: Readonly<Record<string, string>>, operation = 'R1'): Uint8Array =>
  formOf({
    kind,
    terms: c.dossier.terms,
    events: c.dossier.ledger.events(),
    operation,
    at: day(4),
    language: 'en',
    set: new Map(Object.entries(set)),
  })

/** A mandate for the stranger, who is nobody in the contract. */
async function mandate(
  signers: readonly Name[],
  commands = 'export',
  expiresAt = isoTime(day(10)),
): Promise<void> {
  const key = (await people()).stranger.publicKey.armored.replaceAll('\r', '')
  const bytes = formed('mandate', { key, commands, expiresAt, text: 'nightly packages' })
  await take('mandate', await signedFile('mandate.json', bytes, signers, day(4)), day(4))
  c.dossier = await openDossier(c.dir)
}

async function act(type: EventType, at = day(5)): Promise<unknown> {
  const key = (await people()).stranger
  return c.dossier.ledger.append({ type, operation: 'R1', body: { package: 'R1-0001' }, key, at })
}

describe('a mandate', () => {
  it('lets a key do what it names, until it expires, and the ledger still opens years later', async () => {
    await mandate(['operator'])
    await expect(act('export-started')).resolves.toMatchObject({ type: 'export-started' })
    expect((await errorOf(() => act('exported', day(10)))).message).toContain('its mandate expired at')
    const again = await openDossier(c.dir)
    expect(again.mandates.map(({ commands }) => commands)).toEqual([['export']])
  })

  it.each<EventType>([
    'delivered',
    'order-written',
    'order-signed',
    'destruction-started',
    'certified',
    'copy-seen',
  ])('lets it record no event %s', async (type) => {
    await mandate(['operator'])
    const error = await errorOf(() => act(type))
    expect([error.code, error.details['guard']]).toEqual(['guard-refused', 'mandate'])
  })

  it('is worth nothing without the signature of the host', async () => {
    expect((await errorOf(() => mandate(['client-1']))).code).toBe('signature-invalid')
    expect((await errorOf(() => act('export-started'))).code).toBe('key-wrong')
  })

  it('is read again: one whose document was taken away opens nothing', async () => {
    await mandate(['operator'])
    const { rm, readdir } = await import('node:fs/promises')
    const documents = join(c.dir, 'documents')
    for (const name of await readdir(documents))
      if (name.startsWith('mandate')) await rm(join(documents, name))
    expect((await errorOf(() => openDossier(c.dir))).code).toBe('invalid')
  })
})

describe('forms', () => {
  it('are canonical documents that nobody can record before they are filled in', async () => {
    const blank = await signedFile('waiver.json', formed('waiver', {}), ['client-1'], day(4))
    expect((await errorOf(() => take('waiver', blank, day(5)))).message).toContain('still to be filled in')
    const filled = await signedFile('w.json', formed('waiver', { text: 'so be it' }), ['client-1'], day(4))
    expect((await take('waiver', filled, day(5))).body['waives']).toEqual(['retrieval'])
  })

  it('close the event that is open, and say so when there is none', async () => {
    expect(() => formed('contest-closed', { text: 'x' })).toThrow('no open contest')
    const about = await signedFile(
      'contest.json',
      formed('contest', { text: 'x', about: 'records:a*, records:b' }),
      [],
      day(4),
    )
    const contest = await take('contest', about, day(5))
    expect(contest.body['sources']).toEqual(['records'])
    const closing = JSON.parse(Buffer.from(formed('contest-closed', { text: 'x' })).toString()) as object
    expect(closing).toMatchObject({ of: contest.sequence })
    expect(() => formed('withdrawal', { waives: 'notice' })).toThrow(/waives/)
    expect(() => formed('waiver', { colour: 'blue' })).toThrow('no member "colour"')
  })

  it('take a request with its limits, signed by the client alone', async () => {
    const bytes = formed('request', { text: 'x', sources: 'records', reason: 'on-demand', signer: 'C' })
    const byHost = await signedFile('r.json', bytes, ['host'], day(4))
    expect((await errorOf(() => take('request', byHost, day(5)))).code).toBe('signature-invalid')
    const event = await take('request', await signedFile('r.json', bytes, ['client-1'], day(4)), day(5))
    expect(event.body).toMatchObject({ kind: 'restitution', sources: ['records'], signedAt: isoTime(day(4)) })
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })

  it("take the holder's own word for the end of a copy, and keep its key and signature", async () => {
    const facts = { copy: 'nightly', holder: 'Bravo', method: 'rotation', text: 'x', signer: 'B' }
    const file = await signedFile('d.json', formed('declaration', facts), ['stranger'], day(4))
    expect((await errorOf(() => take('declaration', file, day(5)))).code).toBe('signature-invalid')
    const { stranger } = await people()
    const event = await take('declaration', file, day(5), undefined, stranger.publicKey)
    expect(event.body).toMatchObject({ copy: 'nightly', word: 'holder', wordOf: stranger.fingerprint })
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })
})
