import { spawn } from 'node:child_process'
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { canonicalJson, type LedgerEvent, type LedgerLine } from '@restitute/manifest'
import { signDetached } from '@restitute/seal'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { reissued } from '../../seal/test/helpers.ts'
import { type Dossier, openDossier, storeDocument } from '../src/index.ts'
import {
  day,
  errorOf,
  giveBriefKey,
  type Name,
  newDossier,
  people,
  removeFolders,
  sha256,
} from './support.ts'

afterAll(removeFolders)

let dir: string
const ledgerFile = (): string => join(dir, 'ledger.jsonl')

beforeEach(async () => {
  dir = await newDossier()
})

async function append(dossier: Dossier, at: Date, by: Name = 'operator'): Promise<LedgerEvent> {
  const key = (await people())[by]
  return dossier.ledger.append({
    type: 'export-started',
    operation: 'R1',
    body: { package: 'R1-0001' },
    key,
    at,
  })
}

async function threeEvents(): Promise<void> {
  const dossier = await openDossier(dir)
  for (const n of [1, 2, 3]) await append(dossier, day(n))
}

async function lines(): Promise<string[]> {
  return (await readFile(ledgerFile(), 'utf8')).trimEnd().split('\n')
}

/** A line as a forger writes it: well chained, signed by `by`, in the name of `person`. */
async function forged(
  event: Omit<LedgerEvent, 'previous' | 'person'>,
  previous: string,
  by: Name,
  person: Name = by,
): Promise<string> {
  const keys = await people()
  const whole = { ...event, previous: sha256(previous), person: keys[person].fingerprint }
  const { binary } = await signDetached(Buffer.from(canonicalJson(whole)), keys[by], new Date(event.at))
  return canonicalJson({ event: whole, signature: Buffer.from(binary).toString('base64') })
}

describe('ledger', () => {
  it('keeps events over reopening, chained and signed by who acted', async () => {
    await threeEvents()
    const { ledger } = await openDossier(dir)
    expect(ledger.events().map(({ sequence, at }) => [sequence, at])).toEqual([
      [1, '2026-01-06T08:00:00Z'],
      [2, '2026-01-07T08:00:00Z'],
      [3, '2026-01-08T08:00:00Z'],
    ])
    const written = await lines()
    expect(ledger.events()[2]?.previous).toBe(sha256(written[1] ?? ''))
    expect(ledger.head()).toEqual({ sequence: 3, sha256: sha256(written[2] ?? '') })
    expect(ledger.events()[0]?.person).toBe((await people()).operator.fingerprint)
  })

  it('puts concurrent events in a row', async () => {
    const dossier = await openDossier(dir)
    const events = await Promise.all([1, 2, 3, 4].map(() => append(dossier, day(1))))
    expect(events.map(({ sequence }) => sequence).sort((a, b) => a - b)).toEqual([1, 2, 3, 4])
    expect((await openDossier(dir)).ledger.events()).toHaveLength(4)
  })

  it('refuses a clock before the last event, a stranger, and what it could not read again', async () => {
    const dossier = await openDossier(dir)
    await append(dossier, day(2))
    const back = await errorOf(() => append(dossier, day(1)))
    expect([back.code, back.exit, back.details['guard']]).toEqual(['guard-refused', 6, 'floors'])
    expect(back.hint).toContain('where it is right, leave it')
    const asked = { type: 'rehearsed', key: (await people()).operator } as const
    const early = await errorOf(() => dossier.ledger.assertMay({ ...asked, at: day(1) }))
    expect(early.message).toBe(back.message)
    await dossier.ledger.assertMay({ ...asked, at: day(2) })
    expect((await errorOf(() => append(dossier, day(2), 'stranger'))).code).toBe('key-wrong')
    expect((await errorOf(() => append(dossier, day(2), 'client-1'))).code).toBe('key-wrong')
    const key = (await people()).operator
    const bad = { type: 'hold', operation: 'no such', body: {}, key, at: day(2) } as const
    expect((await errorOf(() => dossier.ledger.append(bad))).code).toBe('document-invalid')
    expect((await openDossier(dir)).ledger.events()).toHaveLength(1)
  })

  it('says that it is gone where its disk was taken out, and blames no other process', async () => {
    const dossier = await openDossier(dir)
    await append(dossier, day(2))
    await using _lock = await dossier.lock()
    await rename(dir, `${dir}-elsewhere`)
    await mkdir(dir)
    const error = await errorOf(() => append(dossier, day(3)))
    expect([error.code, error.hint]).toEqual(['not-found', expect.stringContaining('still mounted')])
    expect(await readdir(dir)).toEqual([])
    await rm(dir, { recursive: true })
    await rename(`${dir}-elsewhere`, dir)
    await append(dossier, day(3))
    expect((await openDossier(dir)).ledger.events()).toHaveLength(2)
  })

  it('takes no line that it would not read again: a key lives longer than its file in the contract says', async () => {
    const brief = await giveBriefKey(dir, 'operator', 5)
    const { ledger } = await openDossier(dir)
    const event = { type: 'export-started', operation: 'R1', body: { package: 'R1-0001' } } as const
    await ledger.append({ ...event, key: brief, at: day(4) })
    const longer = { key: await reissued(brief, day(6), 400 * 86_400), at: day(7) }
    for (const attempt of [
      ledger.assertMay({ ...event, ...longer }),
      ledger.append({ ...event, ...longer }),
    ]) {
      const error = await errorOf(() => attempt)
      expect([error.code, error.exit, error.details['state']]).toEqual(['key-unfit', 2, 'outside-key-life'])
      expect(error.hint).toContain('restitute record contract')
    }
    expect((await openDossier(dir)).ledger.events()).toHaveLength(1)
  })

  const tampering: readonly (readonly [string, (all: string[]) => string[] | Promise<string[]>, string])[] = [
    [
      'an edited body',
      (all) => [all[0] ?? '', (all[1] ?? '').replace('R1-0001', 'R1-0009'), all[2] ?? ''],
      'signature-bad',
    ],
    ['an event taken out', (all) => [all[0] ?? '', all[2] ?? ''], 'ledger-sequence'],
    ['two events changed about', (all) => [all[0] ?? '', all[2] ?? '', all[1] ?? ''], 'ledger-sequence'],
    ['an end cut off', (all) => all.slice(0, 2), 'checkpoint-differs'],
    ['everything cut off', () => [], 'checkpoint-differs'],
    [
      'the last event replaced',
      async (all) => [
        all[0] ?? '',
        all[1] ?? '',
        await forged({ ...parsed(all[2]), at: '2026-01-09T08:00:00Z' }, all[1] ?? '', 'operator'),
      ],
      'checkpoint-differs',
    ],
    [
      'an event by a stranger',
      async (all) => [...all, await forged({ ...parsed(all[2]), sequence: 4 }, all[2] ?? '', 'stranger')],
      'signer-unknown',
    ],
    [
      "an event in another's name",
      async (all) => [
        ...all,
        await forged({ ...parsed(all[2]), sequence: 4 }, all[2] ?? '', 'verifier', 'operator'),
      ],
      '',
    ],
    [
      'an event dated back',
      async (all) => [...all, await forged({ ...parsed(all[0]), sequence: 4 }, all[2] ?? '', 'operator')],
      'ledger-time-backwards',
    ],
    [
      'an event chained to another line',
      async (all) => [...all, await forged({ ...parsed(all[2]), sequence: 4 }, all[1] ?? '', 'operator')],
      'ledger-chain-broken',
    ],
    ['a whole line of rubbish', (all) => [...all, 'rubbish'], 'ledger-line-invalid'],
    [
      'a line that is not canonical',
      (all) => [all[0] ?? '', all[1] ?? '', (all[2] ?? '').replace('{"event"', '{ "event"')],
      'not-canonical',
    ],
  ]

  it.each(tampering)('detects %s', async (_, change, code) => {
    await threeEvents()
    const changed = await change(await lines())
    await writeFile(ledgerFile(), changed.map((line) => `${line}\n`).join(''))
    const error = await errorOf(() => openDossier(dir))
    expect([error.code, error.exit]).toEqual(['invalid', 3])
    expect(JSON.stringify(error.details)).toContain(code)
  })

  it('detects a ledger that no longer holds what an order pins, even without ledger.head', async () => {
    await threeEvents()
    const { ledger, paths } = await openDossier(dir)
    const head = ledger.head()
    const bytes = Buffer.from(canonicalJson({ ledger: { ...head } }))
    await storeDocument({
      dossier: { paths },
      stem: 'order-R1',
      extension: 'json',
      bytes,
      signatures: new Map(),
    })
    await rm(join(dir, 'ledger.head'))
    await expect(openDossier(dir)).resolves.toBeDefined()
    const all = await lines()
    await writeFile(ledgerFile(), `${all.slice(0, 2).join('\n')}\n`)
    expect((await errorOf(() => openDossier(dir))).message).toContain('order-R1.json pins event 3')
  })

  it('leaves an incomplete last line out and sets it aside with the next event', async () => {
    await threeEvents()
    await appendFile(ledgerFile(), '{"event":{"at":"2026')
    const dossier = await openDossier(dir)
    expect(dossier.ledger.events()).toHaveLength(3)
    expect(dossier.ledger.notes()[0]).toContain('20 bytes')
    expect(await readFile(ledgerFile(), 'utf8')).toContain('2026')
    await append(dossier, day(4))
    expect(dossier.ledger.notes()[0]).toContain('ledger.jsonl.torn-2026-01-09T080000Z')
    expect(await readFile(join(dir, 'ledger.jsonl.torn-2026-01-09T080000Z'), 'utf8')).toBe(
      '{"event":{"at":"2026',
    )
    const again = await openDossier(dir)
    expect([again.ledger.events().length, again.ledger.notes()]).toEqual([4, []])
  })

  it('cuts off nothing that another has written in the place of an incomplete last line', async () => {
    await threeEvents()
    await appendFile(ledgerFile(), '{"event":{"at":"2026')
    const [one, other] = [await openDossier(dir), await openDossier(dir)]
    await append(one, day(4))
    expect((await errorOf(() => append(other, day(5)))).code).toBe('dossier-locked')
    expect((await openDossier(dir)).ledger.events()).toHaveLength(4)
  })

  it('cuts off no line that another was only writing while it was read', async () => {
    await threeEvents()
    const all = await readFile(ledgerFile(), 'utf8')
    await rm(join(dir, 'ledger.head'))
    await writeFile(ledgerFile(), all.slice(0, -30))
    const dossier = await openDossier(dir)
    await writeFile(ledgerFile(), all)
    expect((await errorOf(() => append(dossier, day(5)))).code).toBe('dossier-locked')
    expect((await openDossier(dir)).ledger.events()).toHaveLength(3)
  })

  it('is whole to whoever opens it while another is writing', async () => {
    const writer = await openDossier(dir)
    let isWriting = true
    const reading = async (): Promise<void> => {
      while (isWriting) await openDossier(dir)
    }
    const readers = Promise.all([reading(), reading()])
    for (let n = 1; n <= 40; n++) await append(writer, day(n))
    isWriting = false
    await expect(readers).resolves.toBeDefined()
  })

  it('does not take a cut in what was acknowledged for a crash', async () => {
    await threeEvents()
    const text = await readFile(ledgerFile(), 'utf8')
    await writeFile(ledgerFile(), text.slice(0, -30))
    expect((await errorOf(() => openDossier(dir))).details['finding']).toBe('checkpoint-differs')
  })
})

function parsed(line: string | undefined): LedgerEvent {
  return (JSON.parse(line ?? '') as LedgerLine).event
}

describe('one writer', () => {
  it('refuses a second one, naming the process', async () => {
    const [a, b] = [await openDossier(dir), await openDossier(dir)]
    const held = await a.lock()
    const error = await errorOf(() => b.lock())
    expect([error.code, error.details['pid']]).toEqual(['dossier-locked', process.pid])
    expect(error.message).toContain(String(process.pid))
    expect((await errorOf(() => append(b, day(1)))).code).toBe('dossier-locked')
    await append(a, day(1))
    await held[Symbol.asyncDispose]()
    await using _mine = await b.lock()
    expect(await readdir(dir)).toContain('.lock')
  })

  it('may be taken again by its holder, and goes with the last release', async () => {
    const dossier = await openDossier(dir)
    const first = await dossier.lock()
    const second = await dossier.lock()
    await second[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
    expect(await readdir(dir)).toContain('.lock')
    await first[Symbol.asyncDispose]()
    expect(await readdir(dir)).not.toContain('.lock')
  })

  it('refuses to write after somebody else has written', async () => {
    const [a, b] = [await openDossier(dir), await openDossier(dir)]
    await append(a, day(1))
    const error = await errorOf(() => append(b, day(1)))
    expect([error.code, error.retryable]).toEqual(['dossier-locked', true])
    expect((await openDossier(dir)).ledger.events()).toHaveLength(1)
  })

  it.each([
    ['a process that is gone', (pid: number) => ({ pid, started: '1', host: hostname() })],
    ['an earlier process of the same number', () => ({ pid: process.pid, started: '1', host: hostname() })],
  ])('takes over the lock of %s', async (_, holder) => {
    await writeFile(join(dir, '.lock'), JSON.stringify(holder(await deadProcess())))
    await using _held = await (await openDossier(dir)).lock()
    expect(await readFile(join(dir, '.lock'), 'utf8')).toContain(`"pid":${process.pid}`)
    expect((await readdir(dir)).filter((name) => name.startsWith('.lock'))).toEqual(['.lock'])
  })

  it('never takes over the lock of another machine', async () => {
    const holder = { pid: await deadProcess(), started: '1', host: 'elsewhere' }
    await writeFile(join(dir, '.lock'), JSON.stringify(holder))
    const error = await errorOf(async () => (await openDossier(dir)).lock())
    expect([error.code, error.details['host']]).toEqual(['dossier-locked', 'elsewhere'])
    expect(error.hint).toContain('.lock')
  })

  it('keeps another process out while it lives, and takes its lock over once it was killed', async () => {
    const lock = new URL('../src/lock.ts', import.meta.url).href
    const code = `const { WriterLock } = await import('${lock}'); await new WriterLock('${join(dir, '.lock')}').acquire(); console.log('held'); setInterval(() => {}, 1000)`
    const other = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => other.stdout.once('data', resolve))
    const dossier = await openDossier(dir)
    expect((await errorOf(() => append(dossier, day(1)))).message).toContain(`process ${other.pid}`)
    other.kill('SIGKILL')
    await new Promise((resolve) => other.on('exit', resolve))
    await expect(append(dossier, day(1))).resolves.toMatchObject({ sequence: 1 })
  })

  it('takes over a lock that a crash left empty, and lets one of many have it', async () => {
    await writeFile(join(dir, '.lock'), '')
    const dossiers = await Promise.all(Array.from({ length: 8 }, () => openDossier(dir)))
    const results = await Promise.allSettled(dossiers.map((dossier) => dossier.lock()))
    const held = results.filter((result) => result.status === 'fulfilled')
    expect(held).toHaveLength(1)
    await Promise.all(held.map(({ value }) => value[Symbol.asyncDispose]()))
    expect(await readdir(dir)).not.toContain('.lock')
  })
})

async function deadProcess(): Promise<number> {
  const gone = spawn('true')
  await new Promise((resolve) => gone.on('exit', resolve))
  return gone.pid ?? 0
}
