import type { EventType, LedgerEvent } from '@restitute/manifest'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openDossier } from '../src/index.ts'
import { append, begin, c, letter, receiptFile, statement, take } from './record-support.ts'
import { day, errorOf, type Name, people, removeFolders, scope, sha256, signedFile } from './support.ts'

/*
 * What a ledger may show of a destruction, whoever wrote it: a host can change its program, and then none of the guards
 * was there to refuse.
 */

afterAll(removeFolders)
beforeEach(begin)

async function agreeOn(): Promise<void> {
  const file = await signedFile('scope.json', scope(c.dossier.terms.sha256), ['host', 'client-1'], day(1))
  await take('scope', file, day(1))
}

async function handOver(): Promise<void> {
  await append('exported', day(1))
  await append('delivered', day(2))
  await take('receipt', await receiptFile({}), day(4))
  await take('notice', await letter(['host'], 'in three weeks'), day(4))
}

async function write(type: EventType, by: Name): Promise<LedgerEvent> {
  const body = { copy: 'records', orderSha256: sha256('order') }
  return c.dossier.ledger.append({ type, operation: 'R1', body, key: (await people())[by], at: day(60) })
}

async function complaint(): Promise<string> {
  const { message, details } = await errorOf(() => openDossier(c.dir))
  expect(details['finding']).toBe('event-unsupported')
  return message
}

describe('a destruction in the ledger', () => {
  it('is believed where the operator began it, with everything agreed and every period over', async () => {
    await agreeOn()
    await handOver()
    await write('copy-seen', 'verifier')
    await write('destruction-started', 'operator')
    await write('destruction-finished', 'operator')
    await write('copy-probed', 'verifier')
    await expect(openDossier(c.dir)).resolves.toBeDefined()
  })

  it('began without a signed scope', async () => {
    await handOver()
    await write('destruction-started', 'operator')
    expect(await complaint()).toContain('no scope was signed')
  })

  it('began while a hold was open, which nobody has released, or only later', async () => {
    await agreeOn()
    await handOver()
    const { sequence } = await take('hold', await letter(['host'], 'legal retention'), day(5))
    await write('destruction-started', 'operator')
    expect(await complaint()).toContain(`hold of event ${sequence} was open`)
    await take('release', await statement({ kind: 'release', of: sequence }, ['host']), day(61))
    expect(await complaint()).toContain(`hold of event ${sequence} was open`)
  })

  it('began against what the client said', async () => {
    await agreeOn()
    await handOver()
    await take('contest', await letter(['client-1'], 'letters are missing'), day(5))
    await write('destruction-started', 'operator')
    expect(await complaint()).toContain('contest of event')
  })

  it.each(['destruction-started', 'destruction-finished'] as const)(
    'has a %s by who is no operator of the host',
    async (type) => {
      await agreeOn()
      await handOver()
      await write(type, 'authoriser-1')
      expect(await complaint()).toContain('who destroyed had not the role operator')
    },
  )

  it.each(['copy-seen', 'copy-probed'] as const)('has a %s by who is no verifier', async (type) => {
    await write(type, 'authoriser-1')
    expect(await complaint()).toContain('who looked had not the role verifier')
  })
})
