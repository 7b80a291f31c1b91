import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it } from 'vitest'
import { type Case, openCase } from '../support/case.ts'
import { restitute } from '../support/cli.ts'

const rows = 500
const pad = 'x'.repeat(2000)

async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const file = join(root, 'live.db')
  using database = new DatabaseSync(file)
  database.exec(`pragma journal_mode = wal; create table debit (id integer primary key, amount integer, pad text);
    create table credit (id integer primary key, amount integer, pad text); begin`)
  for (const table of ['debit', 'credit']) {
    const insert = database.prepare(`insert into ${table} (amount, pad) values (1000, ?)`)
    for (let row = 0; row < rows; row++) insert.run(pad)
  }
  database.exec('commit')
  await mkdir(join(root, 'restored'))
  return [{ name: 'live', url: `sqlite:${file}` }]
}

interface Sums {
  readonly debit: number
  readonly credit: number
}

function sumsOf(file: string): Sums {
  using database = new DatabaseSync(file, { readOnly: true })
  const sum = (table: string): number =>
    Number(database.prepare(`select sum(amount) as total from ${table}`).get()?.['total'])
  return { debit: sum('debit'), credit: sum('credit') }
}

/** A writer that never waits, in a process of its own. */
class Writer {
  readonly #child: ChildProcess
  #moves = 0
  #errors = ''

  constructor(file: string) {
    const program = join(import.meta.dirname, '../support/wal-writer.ts')
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, file])
    this.#child.stdout?.on('data', (lines: Buffer) => {
      this.#moves = Number(lines.toString().trim().split('\n').at(-1))
    })
    this.#child.stderr?.on('data', (text: Buffer) => {
      this.#errors += text.toString()
    })
  }

  /** Moves so far; throws when the writer has stopped by itself, as it does when it is blocked. */
  moves(): number {
    if (this.#errors !== '' || this.#child.exitCode !== null)
      throw new Error(`the writer has stopped: ${this.#errors}`)
    return this.#moves
  }

  async started(): Promise<void> {
    while (this.moves() === 0) await once(this.#child.stdout ?? this.#child, 'data')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

let c: Case | undefined
afterEach(async () => {
  await c?.[Symbol.asyncDispose]()
})

describe('a database in WAL mode under a writer', () => {
  it('comes out as it was at one moment, and the writer never waits', async () => {
    c = await openCase({ sources })
    const live = join(c.root, 'live.db')
    const restored = join(c.root, 'restored', 'live.db')
    {
      await using writer = new Writer(live)
      await writer.started()
      const before = writer.moves()
      const exported = await restitute([
        ...['export', '--json', '--dossier', c.dossier, '--as', c.keyFile('operator')],
      ])
      expect(exported.exit, exported.stdout).toBe(0)
      expect(writer.moves()).toBeGreaterThan(before)
    }
    const rebuilt = await restitute([
      ...['restore', join(c.vault, 'R1-0001'), '--json', '--compare', '--source', 'live'],
      ...['--to', `sqlite:${restored}`, '--key', c.keyFile('client-1')],
      ...['--signer', c.keyFile('operator').replace(/key$/, 'asc')],
    ])
    expect(rebuilt.exit, rebuilt.stdout).toBe(0)
    const [then, now] = [sumsOf(restored), sumsOf(live)]
    expect(then.debit + then.credit).toBe(2 * rows * 1000)
    // Some moves lie before that moment, and some after it.
    expect(then.debit).toBeLessThan(rows * 1000)
    expect(now.debit).toBeLessThan(then.debit)
  })
})
