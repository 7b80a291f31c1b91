import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isoTime } from '@restitute/core'
import { documentBytes } from '@restitute/manifest'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openDossier, storeDocument } from '../src/index.ts'
import { append, begin, c, letter, receiptFile, signaturesBeside, statement, take } from './record-support.ts'
import { day, errorOf, people, receipt, removeFolders, scope, sha256, signedFile } from './support.ts'

afterAll(removeFolders)
beforeEach(begin)

describe('evidence', () => {
  const write = async (
    type: 'waiver' | 'acknowledged' | 'scoped' | 'declaration',
    body: Record<string, string | boolean | string[]>,
  ): Promise<void> => {
    const key = (await people()).operator
    await c.dossier.ledger.append({ type, operation: 'R1', body, key, at: day(5) })
  }

  it.each([
    [
      'acknowledged',
      async () =>
        write('acknowledged', {
          receiptSha256: sha256('x'),
          decision: 'accepted',
          consent: true,
          signers: [(await people())['client-1'].fingerprint],
        }),
    ],
    [
      'waiver',
      async () =>
        write('waiver', {
          sha256: sha256('x'),
          waives: ['notice'],
          signers: [(await people())['client-1'].fingerprint],
        }),
    ],
  ])('refuses an event %s that one person of the host made up', async (type, forge) => {
    await forge()
    const error = await errorOf(() => openDossier(c.dir))
    expect([error.code, error.details['finding'], error.details['type']]).toEqual([
      'invalid',
      'event-unsupported',
      type,
    ])
  })

  it('is not looked for in what a process was still writing when it was killed', async () => {
    await append('exported', day(1))
    await append('delivered', day(2))
    await take('receipt', await receiptFile({}), day(4))
    const documents = join(c.dir, 'documents')
    await cp(join(documents, 'receipt-R1.json'), join(documents, '.tmp-0123456789abcdef'))
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })

  it('refuses an event that says more than its document, and one signed by too few', async () => {
    await take('waiver', await statement({ kind: 'waiver', waives: ['notice'] }, ['client-1']), day(4))
    const { body } = c.dossier.ledger.events().at(-1) ?? {}
    await write('waiver', {
      sha256: body?.['sha256'] as string,
      waives: ['notice', 'retrieval'],
      signers: body?.['signers'] as string[],
    })
    expect((await errorOf(() => openDossier(c.dir))).message).toContain(
      'its waives is not what waiver-R1.json says',
    )
  })

  it("refuses an old receipt used again, and another time than that of the client's signature", async () => {
    await append('exported', day(1))
    await append('delivered', day(2))
    const { body } = await take('receipt', await receiptFile({}), day(4))
    await take('withdrawal', await letter(['client-1'], 'not yet'), day(5))
    const key = (await people()).operator
    const again = { type: 'acknowledged', operation: 'R1', key, at: day(6) } as const
    await c.dossier.ledger.append({ ...again, body })
    expect((await errorOf(() => openDossier(c.dir))).message).toContain('was used before, by event 4')
  })

  it('refuses a time that is not that of the signature of the client', async () => {
    await append('exported', day(1))
    await append('delivered', day(2))
    await take('receipt', await receiptFile({}), day(4))
    const copy = c.dossier.ledger.events().at(-1)
    const other = receipt(c.dossier.terms.sha256)
    const file = await signedFile(
      'receipt.json',
      documentBytes('receipt', other),
      ['client-1', 'host'],
      day(3),
    )
    const { sha256: digest } = await storeDocument({
      dossier: c.dossier,
      stem: 'receipt-R1',
      extension: 'json',
      bytes: documentBytes('receipt', other),
      signatures: await signaturesBeside(file),
    })
    const key = (await people()).operator
    const body = { ...copy?.body, receiptSha256: digest, signedAt: isoTime(day(2)) }
    await c.dossier.ledger.append({ type: 'acknowledged', operation: 'R1', body, key, at: day(6) })
    expect((await errorOf(() => openDossier(c.dir))).message).toContain('signature of the client')
  })

  it("refuses the client's closing of a contest as the end of a hold of the host", async () => {
    const hold = await take('hold', await letter(['host'], 'legal retention'), day(4))
    const file = await statement({ kind: 'contest-closed', of: hold.sequence }, ['client-1'])
    const bytes = await readFile(file)
    const signatures = await signaturesBeside(file)
    const stem = 'contest-closed-R1'
    const { sha256: digest } = await storeDocument({
      dossier: c.dossier,
      stem,
      extension: 'json',
      bytes,
      signatures,
    })
    const key = (await people()).operator
    const body = { sha256: digest, of: hold.sequence, signers: [...signatures.keys()] }
    await c.dossier.ledger.append({ type: 'contest-closed', operation: 'R1', body, key, at: day(6) })
    expect((await errorOf(() => openDossier(c.dir))).message).toContain('nothing that it can close')
  })

  it('refuses a copy declared gone by nobody, by other words, or in the name of somebody who has not signed', async () => {
    const keys = await people()
    const file = await letter(['client-1'], 'the tapes are shredded')
    const { body } = await take('declaration', file, day(4), 'nightly')
    await expect(openDossier(c.dir)).resolves.toBeDefined()
    const forgeries: readonly (readonly [Record<string, string>, string])[] = [
      [{ sha256: sha256('x') }, 'does not hold its document'],
      [{ wordOf: keys['client-2'].fingerprint }, 'bears no good signature by'],
      [{ word: 'host' }, 'whose word it is'],
      [{ endedAt: isoTime(day(3)) }, 'its endedAt is not what'],
    ]
    const lines = await readFile(join(c.dir, 'ledger.jsonl'))
    const head = await readFile(join(c.dir, 'ledger.head'))
    for (const [change, why] of forgeries) {
      c.dossier = await openDossier(c.dir)
      await write('declaration', { ...(body as Record<string, string>), ...change })
      const error = await errorOf(() => openDossier(c.dir))
      expect([error.code, error.details['finding']]).toEqual(['invalid', 'event-unsupported'])
      expect(error.message).toContain(why)
      await writeFile(join(c.dir, 'ledger.jsonl'), lines)
      await writeFile(join(c.dir, 'ledger.head'), head)
    }
  })

  it("takes a key of the host for the host's word, though it is given as the holder's", async () => {
    const { operator } = await people()
    const file = await letter(['operator'], 'the tapes are shredded')
    const event = await take('declaration', file, day(4), 'nightly', operator.publicKey)
    expect(event.body).toMatchObject({ word: 'host', wordOf: operator.fingerprint })
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })

  it('notices a document that was changed or taken away', async () => {
    await take(
      'scope',
      await signedFile('scope.json', scope(c.dossier.terms.sha256), ['host', 'client-1']),
      day(1),
    )
    const path = join(c.dir, 'documents/scope-R1.json')
    const bytes = await readFile(path)
    await writeFile(path, scope(c.dossier.terms.sha256))
    expect((await errorOf(() => openDossier(c.dir))).message).toContain('does not hold its document')
    await writeFile(path, bytes)
    await expect(openDossier(c.dir)).resolves.toBeDefined()
    for (const name of await readdir(join(c.dir, 'documents')))
      if (name.startsWith('scope') && name.endsWith('.asc')) await rm(join(c.dir, 'documents', name))
    expect((await errorOf(() => openDossier(c.dir))).message).toContain('bears no good signature')
  })

  it('notices that a notice is not what the client was sent, though it is the word of the host alone', async () => {
    await take('notice', await letter(['host'], 'in three weeks'), day(4))
    const [name = ''] = (await readdir(join(c.dir, 'documents'))).filter((one) =>
      /^notice-R1\.\w+$/.test(one),
    )
    const path = join(c.dir, 'documents', name)
    const bytes = await readFile(path)
    await writeFile(path, 'tomorrow\n')
    expect((await errorOf(() => openDossier(c.dir))).message).toContain('does not hold its document')
    await writeFile(path, bytes)
    await expect(openDossier(c.dir)).resolves.toBeDefined()
    for (const one of await readdir(join(c.dir, 'documents')))
      if (one.startsWith('notice') && one.endsWith('.asc')) await rm(join(c.dir, 'documents', one))
    expect((await errorOf(() => openDossier(c.dir))).message).toContain('bears no good signature')
  })
})
