import { appendFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { recordFile } from '../../cli/src/commands/record.ts'
import { sign } from '../../cli/src/commands/sign.ts'
import {
  acknowledgeAll,
  agreeScope,
  authoriseBy,
  type Case,
  deliverAll,
  exportPackage,
  giveNotice,
  makeReady,
  openCase,
  pin,
  see,
} from '../support/case.ts'
import { restitute } from '../support/cli.ts'
import { expectRefusal } from '../support/refusal.ts'
import { recordsAndDocuments } from '../support/sources.ts'
import { treeDigest } from '../support/tree-digest.ts'

/** One guard broken alone: prepared differently, or changed once everything was ready. */
interface Row {
  readonly what: string
  readonly guard: string
  /** Guards that cannot hold either; default: this one alone. */
  readonly also?: readonly string[]
  /** Goes through the case up to the destruction; default: {@link makeReady}. */
  readonly prepare?: (c: Case) => Promise<string[]>
  /** After everything holds. */
  readonly spoil?: (c: Case, confirm: string[]) => Promise<string[] | void>
  /** Who executes; default the operator. */
  readonly as?: 'authoriser-1' | 'verifier'
  readonly now?: 'case'
}

const record = (c: Case): DatabaseSync => new DatabaseSync(join(c.root, 'source', 'record.db'))

const rows: readonly Row[] = [
  {
    what: 'the contract file was changed after it was pinned',
    guard: 'contract-pinned',
    spoil: (c) => appendFile(join(c.dossier, 'contract.yaml'), '\n# changed\n'),
  },
  { what: 'the scope was not countersigned', guard: 'scope', prepare: (c) => ready(c, { scope: false }) },
  {
    what: 'a volume of the delivered package was changed',
    guard: 'delivery-valid',
    spoil: async (c) => {
      const volume = join(c.vault, 'R1-0001', 'volumes', '000001.tar.zst.pgp')
      const bytes = await readFile(volume)
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
      await writeFile(volume, bytes)
    },
  },
  {
    what: 'the client answered with reservations',
    guard: 'receipt',
    prepare: (c) =>
      ready(c, { receipt: { decision: 'reservations', reservations: ['one image is missing'] } }),
  },
  {
    what: 'the client accepted but did not consent to destruction',
    guard: 'consent',
    prepare: (c) => ready(c, { receipt: { consentDestruction: false } }),
  },
  {
    what: 'only one person authorised',
    guard: 'authorised',
    prepare: (c) => ready(c, { authorisers: ['authoriser-1'] }),
  },
  { what: 'an authoriser executes', guard: 'authorised', as: 'authoriser-1' },
  { what: 'the order has expired', guard: 'authorised', prepare: (c) => ready(c, { validFor: 'P31D' }) },
  { what: 'no notice was given', guard: 'floors', prepare: (c) => ready(c, { notice: false }) },
  {
    what: 'the client contests',
    guard: 'no-contest',
    spoil: async (c) => {
      const contest = join(c.slips, 'contest.txt')
      await writeFile(contest, 'the images of 2019 are missing\n')
      await sign(c.as('client-1'), contest)
      await recordFile(c.as('operator'), { kind: 'contest', file: contest })
    },
  },
  { what: 'a fingerprint was not typed', guard: 'tenant', spoil: async (_c, confirm) => confirm.slice(1) },
  {
    what: 'the fingerprint of another system was typed',
    guard: 'tenant',
    spoil: async (_c, confirm) =>
      confirm.map((line) => (line.startsWith('records=') ? 'records=0000-0000-0000' : line)),
  },
  {
    what: 'the tree was replaced by another of the same name',
    guard: 'tenant',
    also: ['tenant', 'unchanged'],
    spoil: async (c) => {
      await rename(join(c.root, 'source', 'documents'), join(c.root, 'source', 'documents-before'))
      await mkdir(join(c.root, 'source', 'documents'))
      await writeFile(join(c.root, 'source', 'documents', 'letter.txt'), 'Dear colleague\n')
    },
  },
  {
    what: 'one row was added after the export',
    guard: 'unchanged',
    spoil: async (c) => {
      using database = record(c)
      database.exec("insert into patients values (99, 'Late')")
    },
  },
  {
    what: 'one file was added after the export',
    guard: 'unchanged',
    spoil: (c) => writeFile(join(c.root, 'source', 'documents', 'late.txt'), 'late\n'),
  },
  {
    what: 'one file was changed after the export, its size and times kept',
    guard: 'unchanged',
    spoil: async (c) => {
      const { stat, utimes } = await import('node:fs/promises')
      const file = join(c.root, 'source', 'documents', 'letter.txt')
      const before = await stat(file)
      await writeFile(file, 'dEAR COLLEAGUE\n')
      await utimes(file, before.atime, before.mtime)
    },
  },
  {
    what: 'the verifier never saw the copies',
    guard: 'probe-ready',
    prepare: (c) => ready(c, { seen: false }),
  },
]

interface Variation {
  readonly scope?: false
  readonly receipt?: Parameters<typeof acknowledgeAll>[2]
  readonly notice?: false
  readonly authorisers?: readonly ('authoriser-1' | 'authoriser-2')[]
  readonly validFor?: string
  readonly seen?: false
}

/** Like {@link makeReady}, with one thing left out or done differently. */
async function ready(c: Case, variation: Variation): Promise<string[]> {
  await pin(c)
  if (variation.scope !== false) await agreeScope(c)
  await exportPackage(c)
  await deliverAll(c)
  await acknowledgeAll(c, ['R1-0001'], variation.receipt)
  if (variation.notice !== false) await giveNotice(c)
  await authoriseBy(c, variation.authorisers ?? ['authoriser-1', 'authoriser-2'], variation.validFor)
  const confirm = await see(c, variation.seen !== false)
  c.clock.advance('P30D')
  return confirm
}

const opened: Case[] = []
afterEach(async () => {
  for (const c of opened.splice(0)) await c[Symbol.asyncDispose]()
})

async function run(row: Row): Promise<{ c: Case; args: string[] }> {
  const c = await openCase({ sources: recordsAndDocuments })
  opened.push(c)
  const confirm = await (row.prepare ?? makeReady)(c)
  const typed = (await row.spoil?.(c, confirm)) ?? confirm
  const executor = c.keyFile(row.as ?? 'operator')
  const args = ['destroy', '--execute', '--json', '--dossier', c.dossier, '--as', executor]
  return { c, args: [...args, ...typed.flatMap((line) => ['--confirm', line])] }
}

describe('nothing is destroyed unless every guard holds', () => {
  it.each(rows)('$guard: $what', async (row) => {
    const { c, args } = await run(row)
    const before = await treeDigest(join(c.root, 'source'))
    const { exit, json } = await restitute(args)
    expect(json()).toMatchObject({
      exit: 6,
      error: { code: 'guard-refused', guard: row.guard, guards: row.also ?? [row.guard] },
    })
    expect(exit).toBe(6)
    expect(await treeDigest(join(c.root, 'source'))).toBe(before)
  })

  it('a clock earlier than the last event refuses', async () => {
    const { c, args } = await run({ what: '', guard: 'floors' })
    c.clock.advance('P365D')
    const late = join(c.slips, 'incident.txt')
    await writeFile(late, 'dated a year ahead\n')
    await sign(c.as('operator'), late)
    await recordFile(c.as('operator'), { kind: 'incident', file: late })
    const { exit, json } = await restitute(args)
    expect(json()).toMatchObject({ error: { guard: 'floors' } })
    expect(exit).toBe(6)
  })

  it('a signature on the order that the ledger did not take refuses, until it is given again', async () => {
    const prepare = (c: Case) => ready(c, { authorisers: ['authoriser-1'] })
    const { c, args } = await run({ what: '', guard: 'authorised', prepare })
    const today = c.clock.at
    const letter = join(c.slips, 'incident.txt')
    await writeFile(letter, 'the last event\n')
    await recordFile(c.as('operator'), { kind: 'incident', file: letter })
    c.clock.at = new Date(today.getTime() - 86_400_000)
    await expect(authoriseBy(c, ['authoriser-2'])).rejects.toMatchObject({ details: { guard: 'floors' } })
    expect((await restitute(args)).json()).toMatchObject({ exit: 6, error: { guards: ['authorised'] } })
    c.clock.at = today
    await authoriseBy(c, ['authoriser-2'])
    const { exit, stdout } = await restitute(args)
    expect(exit, stdout).toBe(0)
  })

  it('a fingerprint typed for what is no copy is refused by name, and nothing is destroyed', async () => {
    const { c, args } = await run({ what: '', guard: '' })
    const refusal = { code: 'usage', exit: 2, message: /"recrods"/, hint: /records/ } as const
    await expectRefusal([...args, '--confirm', 'recrods=0000-0000-0000'], refusal, [join(c.root, 'source')])
  })

  it('destroys when all of them hold', async () => {
    const { c, args } = await run({ what: '', guard: '' })
    const { exit, stdout } = await restitute(args)
    expect(exit, stdout).toBe(0)
    await expect(treeDigest(join(c.root, 'source', 'documents'))).rejects.toThrow('ENOENT')
  })
})

describe('packages that were handed over at a place of the contract', () => {
  it('stay there: an order that names no copies leaves them to the client', async () => {
    const c = await handedOver()
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    const confirm = await see(c)
    c.clock.advance('P30D')
    const before = await treeDigest(join(c.client, 'R1-0001'))
    const typed = confirm.flatMap((line) => ['--confirm', line])
    const acting = ['--dossier', c.dossier, '--as', c.keyFile('operator')]
    const { exit, stdout } = await restitute(['destroy', '--execute', ...acting, ...typed])
    expect(exit, stdout).toBe(0)
    await expect(treeDigest(join(c.vault, 'R1-0001'))).rejects.toThrow('ENOENT')
    expect(await treeDigest(join(c.client, 'R1-0001'))).toBe(before)
  })

  it('stay there also when they were handed over under another name of the place', async () => {
    const link = async (c: Case): Promise<string> => {
      await symlink(c.client, join(c.root, 'link'))
      return `directory:${join(c.root, 'link')}`
    }
    const c = await handedOver(link)
    await authoriseBy(c, ['authoriser-1', 'authoriser-2'])
    const copies = (await see(c)).map((line) => line.split('=')[0])
    expect(copies).toContain('vault/R1-0001')
    const orders = (await readdir(join(c.dossier, 'documents'))).filter((name) => /^order-.*json$/.test(name))
    const order = await readFile(join(c.dossier, 'documents', orders[0] ?? ''), 'utf8')
    expect(order).not.toContain('client/R1-0001')
  })

  it('hide no copy of the host on a disk that is not mounted: no order is written without it', async () => {
    const c = await handedOver()
    await rename(c.vault, `${c.vault}-away`)
    const away = { code: 'destination-unreachable', message: expect.stringContaining(c.vault) }
    await expect(authoriseBy(c, ['authoriser-1'])).rejects.toMatchObject(away)
    await rename(`${c.vault}-away`, c.vault)
    await authoriseBy(c, ['authoriser-1'])
  })
})

describe('packages that lie in one place alone', () => {
  it("are not delivered: the host's own folder under another name is no place of the client's", async () => {
    const c = await openCase({ sources: recordsAndDocuments })
    opened.push(c)
    await pin(c)
    await exportPackage(c)
    await rm(c.client, { recursive: true })
    await symlink(c.vault, c.client)
    const own = { code: 'usage', message: expect.stringContaining(`host's own directory:${c.vault}/R1-0001`) }
    await expect(deliverAll(c)).rejects.toMatchObject(own)
    await deliverAll(c, { to: 'vault' })
  })
})

/** A case whose contract names a place of the client's, too, in which the package was delivered. */
async function handedOver(to: (c: Case) => Promise<string> = async () => 'client'): Promise<Case> {
  const c = await openCase({ sources: recordsAndDocuments })
  opened.push(c)
  const theirs = `\n  - { name: client, url: ${JSON.stringify(`directory:${c.client}`)}, country: FR }\ndeadlines:`
  const file = join(c.dossier, 'contract.yaml')
  await writeFile(file, (await readFile(file, 'utf8')).replace('\ndeadlines:', theirs))
  await pin(c)
  await agreeScope(c)
  await exportPackage(c)
  await deliverAll(c, { to: await to(c) })
  await acknowledgeAll(c, ['R1-0001'])
  await giveNotice(c)
  return c
}
