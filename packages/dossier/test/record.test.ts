import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isoTime } from '@restitute/core'
import { documentBytes, type Receipt, type Statement } from '@restitute/manifest'
import { decryptBytes } from '@restitute/seal'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openDossier, sendChallenges, signedDocument, statementBytes, stateOf } from '../src/index.ts'
import { amend, append, begin, c, headAt, letter, receiptFile, statement, take } from './record-support.ts'
import {
  contractText,
  day,
  errorOf,
  indexName,
  type Name,
  people,
  receipt,
  removeFolders,
  salt,
  scope,
  sha256,
  signedFile,
} from './support.ts'

afterAll(removeFolders)
beforeEach(begin)

describe('record scope', () => {
  it('takes what both parties signed, keeps it with its signatures, and gives it back by digest', async () => {
    const event = await take(
      'scope',
      await signedFile('scope.json', scope(c.dossier.terms.sha256), ['host', 'client-2']),
      day(1),
    )
    expect([event.type, event.body['scopeSha256']]).toEqual([
      'scoped',
      sha256(await readFile(join(c.dir, 'documents/scope-R1.json'))),
    ])
    const again = await openDossier(c.dir)
    const { signers } = await signedDocument(again, 'scope', event.body['scopeSha256'] as string)
    expect(new Set(signers)).toEqual(new Set(event.body['signers'] as string[]))
  })

  it.each<[string, readonly Name[]]>([
    ['client', ['host']],
    ['host', ['client-1']],
  ])('refuses one without the %s', async (party, signers) => {
    const file = await signedFile('scope.json', scope(c.dossier.terms.sha256), signers)
    const { code, message } = await errorOf(() => take('scope', file, day(1)))
    expect([code, message]).toEqual(['signature-invalid', `scope.json: no good signature of the ${party}`])
    expect(await readdir(join(c.dir, 'documents'))).not.toContain('scope-R1.json')
  })

  it('refuses another contract, another operation, and what is no scope', async () => {
    const other = await signedFile('scope.json', scope(sha256('other')), ['host', 'client-1'])
    expect((await errorOf(() => take('scope', other, day(1)))).message).toContain('another contract')
    const wrong = await signedFile('scope.json', scope(c.dossier.terms.sha256, { operation: 'R2' }), [
      'host',
      'client-1',
    ])
    expect((await errorOf(() => take('scope', wrong, day(1)))).message).toContain(
      'expected operation R1, got R2',
    )
    expect((await errorOf(async () => take('scope', await letter(['host', 'client-1']), day(1)))).code).toBe(
      'document-invalid',
    )
  })

  it('keeps an earlier scope when a new one comes', async () => {
    await take(
      'scope',
      await signedFile('scope.json', scope(c.dossier.terms.sha256), ['host', 'client-1']),
      day(1),
    )
    await take(
      'scope',
      await signedFile('scope.json', scope(c.dossier.terms.sha256), ['host', 'client-1']),
      day(2),
    )
    expect(await readdir(join(c.dir, 'documents'))).toEqual(
      expect.arrayContaining(['scope-R1.json', 'scope-R1-2.json']),
    )
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })
})

describe('record receipt', () => {
  beforeEach(async () => {
    await append('exported', day(1))
    await append('delivered', day(2))
  })

  it("takes the client's signed answer with the time of its signature", async () => {
    const event = await take('receipt', await receiptFile({}), day(4))
    expect(event.body).toMatchObject({ decision: 'accepted', consent: true, signedAt: isoTime(day(3)) })
    const { ledger } = await openDossier(c.dir)
    expect(stateOf(ledger.events(), 'R1').stage).toBe('acknowledged')
  })

  it('takes the signature file as gpg names it', async () => {
    const file = await receiptFile({})
    const folder = join(file, '..')
    const [name = ''] = (await readdir(folder)).filter((one) => one.endsWith('.asc'))
    await writeFile(`${file}.asc`, await readFile(join(folder, name)))
    await rm(join(folder, name))
    await expect(take('receipt', file, day(4))).resolves.toBeDefined()
  })

  it.each<[string, Partial<Receipt>, readonly Name[], string]>([
    ['signed by the host', {}, ['host', 'operator'], 'no good signature of the client'],
    ['signed by a stranger', {}, ['stranger'], 'no good signature of the client'],
    [
      'of a package that was not exported',
      { packages: [{ package: 'R1-0002', manifestSha256: sha256('x'), salts: {} }] },
      ['client-1'],
      'was not exported in R1',
    ],
    [
      'of another manifest',
      { packages: [{ package: 'R1-0001', manifestSha256: sha256('x'), salts: { [indexName]: salt } }] },
      ['client-1'],
      'was not exported in R1',
    ],
    [
      'with a wrong salt',
      {
        packages: [
          { package: 'R1-0001', manifestSha256: sha256('manifest'), salts: { [indexName]: sha256('x') } },
        ],
      },
      ['client-1'],
      'is not the one in the index',
    ],
    [
      'that accepts without a salt',
      { packages: [{ package: 'R1-0001', manifestSha256: sha256('manifest'), salts: {} }] },
      ['client-1'],
      'no salt for',
    ],
  ])('refuses one %s', async (_, change, signers, message) => {
    const file = await receiptFile(change, signers)
    expect((await errorOf(() => take('receipt', file, day(4)))).message).toContain(message)
    expect(c.dossier.ledger.events()).toHaveLength(3)
  })

  it('takes a refusal by a client that could not decrypt', async () => {
    const packages = [{ package: 'R1-0001', manifestSha256: sha256('manifest'), salts: {} }]
    await take(
      'receipt',
      await receiptFile({ decision: 'refused', reservations: ['unreadable'], packages }),
      day(4),
    )
    const state = stateOf(c.dossier.ledger.events(), 'R1')
    expect([state.stage, state.held.length]).toEqual(['delivered', 1])
  })

  it('refuses one whose signature is over other bytes', async () => {
    const file = await receiptFile({})
    await writeFile(file, documentBytes('receipt', receipt(c.dossier.terms.sha256, { clientBackup: false })))
    expect((await errorOf(() => take('receipt', file, day(4)))).code).toBe('signature-invalid')
  })

  it('refuses one that is signed by a clock far ahead: no answer given until then would count any more', async () => {
    const ahead = await signedFile(
      'receipt.json',
      documentBytes('receipt', receipt(c.dossier.terms.sha256)),
      ['client-1'],
      day(370),
    )
    const error = await errorOf(() => take('receipt', ahead, day(4)))
    expect([error.code, error.details['signedAt']]).toEqual(['signature-invalid', isoTime(day(370))])
    expect(error.hint).toContain('set the clock that is wrong')
    // A few minutes are no wrong clock.
    const event = await take('receipt', await receiptFile({}), new Date(day(3).getTime() - 4 * 60_000))
    expect(event.body['signedAt']).toBe(isoTime(day(3)))
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })

  it('refuses the same one twice', async () => {
    const file = await receiptFile({})
    await take('receipt', file, day(4))
    expect((await errorOf(() => take('receipt', file, day(5)))).message).toContain(
      'recorded already, as event 4',
    )
  })
})

it('a contest that finds the dossier locked is told how to stop what runs', async () => {
  const other = await openDossier(c.dir)
  const held = await other.lock()
  const [contest, notice] = await Promise.all(
    (['contest', 'notice'] as const).map(async (kind) =>
      errorOf(async () => take(kind, await letter(['host'], 'stop'), day(1))),
    ),
  )
  expect([contest?.code, contest?.hint]).toEqual([
    'dossier-locked',
    expect.stringContaining(`kill -INT ${process.pid}`),
  ])
  expect(notice?.hint).toBe('wait for it to end')
  await held[Symbol.asyncDispose]()
  await expect(take('contest', await letter(['host'], 'stop'), day(1))).resolves.toBeDefined()
})

describe('record request', () => {
  const request = (sources: readonly string[]): Promise<string> =>
    signedFile(
      'request.json',
      documentBytes('request', {
        schema: 'restitute/request/v1',
        ...headAt(day(1)),
        kind: 'restitution',
        reason: 'on-demand',
        sources,
        text: 'give it back',
        signer: { name: 'C. Client' },
      }),
      ['client-1'],
      day(1),
    )

  it('takes one for sources that the contract has, and no other: nothing could be exported for it', async () => {
    const file = await request(['records', 'recrods'])
    const { code, message } = await errorOf(() => take('request', file, day(1)))
    expect([code, message]).toEqual([
      'document-invalid',
      'request: the contract has no source called recrods',
    ])
    await take('request', await request(['records']), day(1))
    expect(stateOf(c.dossier.ledger.events(), 'R1').sources).toEqual(['records'])
  })
})

describe('contests, holds and what lifts them', () => {
  it('takes a contest without any signature, and only the client closes it', async () => {
    const contest = await take('contest', await letter(), day(4))
    expect(stateOf(c.dossier.ledger.events(), 'R1').held).toHaveLength(1)
    const change = { kind: 'contest-closed', of: contest.sequence } as const
    const byHost = await statement(change, ['host', 'operator'])
    expect((await errorOf(() => take('contest-closed', byHost, day(5)))).code).toBe('signature-invalid')
    await take('contest-closed', await statement(change, ['client-1']), day(5))
    expect(stateOf(c.dossier.ledger.events(), 'R1').held).toEqual([])
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })

  it('lets the host release its own hold, and not the one of the client', async () => {
    const own = await take('hold', await letter(['host'], 'legal retention'), day(4))
    const theirs = await take('hold', await letter(['client-1'], 'we keep it'), day(4))
    await take('release', await statement({ of: own.sequence }, ['host']), day(5))
    const wrong = await statement({ of: theirs.sequence }, ['host'])
    expect((await errorOf(() => take('release', wrong, day(5)))).code).toBe('signature-invalid')
    expect(stateOf(c.dossier.ledger.events(), 'R1').held.map(({ sequence }) => sequence)).toEqual([
      theirs.sequence,
    ])
    await take('release', await statement({ of: theirs.sequence }, ['client-2']), day(5))
    expect((await openDossier(c.dir)).ledger.events()).toHaveLength(5)
  })

  it('leaves a hold to the party that placed it when an amendment has taken its key out', async () => {
    const own = await take('hold', await letter(['authoriser-1'], 'legal retention'), day(4))
    const theirs = await take('hold', await letter(['client-2', 'host'], 'we keep it'), day(4))
    const changed = contractText.replaceAll('authoriser-1', 'stranger').replace(', keys/client-2.asc', '')
    await amend(changed, day(5))
    const held = [
      [own, 'client-1', 'host'],
      [theirs, 'host', 'client-1'],
    ] as const
    for (const [{ sequence }, other, whose] of held) {
      const wrong = await statement({ of: sequence }, [other])
      expect((await errorOf(() => take('release', wrong, day(6)))).code).toBe('signature-invalid')
      await take('release', await statement({ of: sequence }, [whose]), day(6))
    }
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })

  it('does not close what is no contest, and not twice with one word', async () => {
    const hold = await take('hold', await letter(['client-1']), day(4))
    const wrong = await statement({ kind: 'contest-closed', of: hold.sequence }, ['client-1'])
    expect((await errorOf(() => take('contest-closed', wrong, day(5)))).code).toBe('usage')
    const other = await statement({ operation: 'R2', of: hold.sequence }, ['client-1'])
    expect((await errorOf(() => take('release', other, day(5)))).code).toBe('document-invalid')
    const release = await statement({ of: hold.sequence }, ['client-1'])
    await take('release', release, day(5))
    expect((await errorOf(() => take('release', release, day(5)))).code).toBe('usage')
  })

  it('does not take for a letter what an editor has laid out anew, but for what stops a destruction', async () => {
    const incident = {
      schema: 'restitute/incident/v1',
      ...headAt(day(4)),
      nature: 'wrong-tenant',
      discoveredAt: isoTime(day(4)),
      text: 'FILL IN: what happened',
    }
    const anew = (document: object): Promise<string> =>
      signedFile('anew.json', Buffer.from(JSON.stringify(document, undefined, 2)), ['host'], day(4))
    const refused = await errorOf(async () => take('incident', await anew(incident), day(5)))
    expect([refused.code, refused.message]).toEqual([
      'document-invalid',
      'anew.json: it is one of our documents, but no longer one line of canonical JSON',
    ])
    const hold = { ...incident, schema: 'restitute/statement/v1' }
    await take('hold', await anew(hold), day(5))
    expect(stateOf(c.dossier.ledger.events(), 'R1').held).toHaveLength(1)
  })

  it('takes a waiver only from the client, and only in the words that a program can read', async () => {
    const byHost = await statement({ kind: 'waiver', waives: ['notice'] }, ['host'])
    expect((await errorOf(() => take('waiver', byHost, day(5)))).code).toBe('signature-invalid')
    expect((await errorOf(async () => take('waiver', await letter(['client-1']), day(5)))).code).toBe(
      'document-invalid',
    )
    await take(
      'waiver',
      await statement({ kind: 'waiver', waives: ['notice', 'single-key'] }, ['client-1']),
      day(5),
    )
    expect(stateOf(c.dossier.ledger.events(), 'R1').waived).toEqual(['notice', 'single-key'])
    expect(() => statementBytes({ waives: [] } as unknown as Statement)).toThrow(/statement/)
  })

  it('takes a notice of the host, and the time at which the client countersigned it', async () => {
    expect((await errorOf(async () => take('notice', await letter(['client-1'], 'n'), day(5)))).code).toBe(
      'signature-invalid',
    )
    const alone = await take('notice', await letter(['host'], 'a'), day(5))
    expect(alone.body['signedAt']).toBeUndefined()
    const both = await take('notice', await letter(['authoriser-1', 'client-1'], 'b'), day(5))
    expect(both.body['signedAt']).toBe(isoTime(day(4)))
  })

  it('takes a declaration for the word of the host where the host has signed, in whatever order signatures lie', async () => {
    const keys = await people()
    const byPrint = (all: readonly Name[]): Name[] =>
      all.toSorted((a, b) => (keys[a].fingerprint < keys[b].fingerprint ? -1 : 1))
    const first = byPrint(['client-1', 'client-2'])[0] ?? 'client-1'
    const last = byPrint(['host', 'operator', 'authoriser-1', 'authoriser-2', 'verifier']).at(-1) ?? 'host'
    const { body } = await take('declaration', await letter([first, last], 'erased'), day(5), 'nightly')
    expect([body['word'], body['wordOf']]).toEqual(['host', keys[last].fingerprint])
    const alone = await take('declaration', await letter([first], 'gone'), day(5), 'nightly')
    expect([alone.body['word'], alone.body['wordOf']]).toEqual(['holder', keys[first].fingerprint])
  })

  it('takes a declaration for a copy that the contract knows', async () => {
    const unsigned = await letter([], 'unsigned')
    const refused = await errorOf(async () => take('declaration', unsigned, day(5), 'nightly'))
    expect([refused.code, refused.hint]).toEqual([
      'signature-invalid',
      expect.stringContaining('restitute sign'),
    ])
    const event = await take('declaration', await letter(['host'], 'erased'), day(5), 'nightly')
    expect([event.type, event.body['copy']]).toEqual(['declaration', 'nightly'])
    expect(
      (await errorOf(async () => take('declaration', await letter(), day(5), 'weekly'))).message,
    ).toContain('weekly')
    expect((await errorOf(async () => take('declaration', await letter(), day(5)))).code).toBe('usage')
  })
})

describe('challenges', () => {
  it('are answered by who can decrypt, and by nobody else', async () => {
    const keys = await people()
    const sent = await sendChallenges({ dossier: c.dossier, key: keys.operator, at: day(1) })
    expect(sent.map(({ recipient }) => recipient)).toEqual([
      keys['client-1'].fingerprint,
      keys['client-2'].fingerprint,
    ])
    const answer = await decryptBytes(Buffer.from(sent[1]?.message ?? ''), [keys['client-2']])
    const event = await take('challenge', await signedFile('answer.txt', answer, []), day(2))
    expect([event.type, event.body['recipient']]).toEqual([
      'challenge-answered',
      keys['client-2'].fingerprint,
    ])
    const guess = await signedFile('answer.txt', Buffer.from('restitute-challenge-00'), [])
    expect((await errorOf(() => take('challenge', guess, day(2)))).code).toBe('invalid')
  })
})
