import { randomBytes } from 'node:crypto'
import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { RestituteError, systemCode } from '@restitute/core'
import { writeFailed } from './files.ts'

const attempts = 5

/** Who holds a lock. `started` tells a process from a later one with the same number. */
interface Holder {
  readonly pid: number
  readonly started: string
  readonly host: string
}

/**
 * One writer per dossier: a file that only one process can create. Whoever has it may take it again; the file goes
 * with the last release. A lock left behind by a process that is gone is taken over; one of another machine never is,
 * since its processes cannot be seen from here.
 */
export class WriterLock {
  readonly #path: string
  #mine = ''
  #count = 0
  #queue: Promise<unknown> = Promise.resolve()

  constructor(path: string) {
    this.#path = path
  }

  /** Throws `dossier-locked` naming the process that holds it. */
  async acquire(): Promise<AsyncDisposable> {
    await this.#inTurn(async () => {
      if (this.#count === 0) await this.#create()
      this.#count++
    })
    let released = false
    return {
      [Symbol.asyncDispose]: async () => {
        if (released) return
        released = true
        await this.#inTurn(() => this.#release())
      },
    }
  }

  async #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#queue.then(step)
    this.#queue = turn.catch(() => undefined)
    await turn
  }

  async #create(): Promise<void> {
    const mine = `${JSON.stringify(await thisProcess())}\n`
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (await createExclusively(this.#path, mine)) {
        this.#mine = mine
        return
      }
      await this.#takeOverIfStale()
    }
    throw new RestituteError('dossier-locked', 'the dossier is locked: several processes want it at once')
  }

  async #takeOverIfStale(): Promise<void> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined)
    if (text === undefined) return
    const holder = holderOf(text)
    if (holder !== undefined && !(await isGone(holder))) throw locked(holder, this.#path)
    await removeIfStill(this.#path, text)
  }

  async #release(): Promise<void> {
    this.#count--
    if (this.#count > 0) return
    await removeIfStill(this.#path, this.#mine)
  }
}

async function createExclusively(path: string, text: string): Promise<boolean> {
  try {
    await using file = await open(path, 'wx', 0o640)
    await file.writeFile(text)
    return true
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false
    throw writeFailed(path, cause)
  }
}

/** Removes the lock unless it has become another one since it was read. */
async function removeIfStill(path: string, text: string): Promise<void> {
  const aside = `${path}.stale-${randomBytes(8).toString('hex')}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  // Somebody was faster and this is their lock: it goes back.
  if ((await readFile(aside, 'utf8')) !== text) await link(aside, path).catch(() => undefined)
  await rm(aside, { force: true })
}

async function thisProcess(): Promise<Holder> {
  return { pid: process.pid, started: (await startOf(process.pid)) ?? '', host: hostname() }
}

function holderOf(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const { pid, started, host } = value as Partial<Holder>
    if (typeof pid !== 'number' || typeof started !== 'string' || typeof host !== 'string') return undefined
    return { pid, started, host }
  } catch {
    // A crash between creating and writing it.
    return undefined
  }
}

async function isGone({ pid, started, host }: Holder): Promise<boolean> {
  if (host !== hostname()) return false
  if (!isAlive(pid)) return true
  const now = await startOf(pid)
  return now !== undefined && started !== '' && now !== started
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return systemCode(thrown) !== 'ESRCH'
  }
}

/** When a process began, in the kernel's ticks; undefined where the system does not tell. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The second field is the name in parentheses and may itself hold spaces and parentheses; the 22nd is the start.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function locked({ pid, host }: Holder, path: string): RestituteError {
  const where = host === hostname() ? '' : ` on ${host}`
  return new RestituteError('dossier-locked', `the dossier is locked by process ${pid}${where}`, {
    details: { pid, host },
    hint: where === '' ? 'wait for it to end' : `when nothing runs on ${host} any more, remove ${path}`,
  })
}
