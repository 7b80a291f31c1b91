import { randomBytes } from 'node:crypto'
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import {
  isGoneFrom,
  isNumberedAlike,
  RestituteError,
  type SeenFrom,
  seenFrom,
  shellWord,
  startOf,
  systemCode,
} from '@restitute/core'
import { writeFailed } from './files.ts'

const attempts = 5

/** Who holds a lock. */
interface Holder {
  readonly pid: number
  /** Tells a process from a later one with the same number. */
  readonly started: string
  readonly host: string
  /** Where the number is that of this process. */
  readonly seenFrom?: SeenFrom | undefined
  /** Tells several holders in one process apart. */
  readonly token: string
}

/**
 * One writer per dossier: a file that only one process can create. Whoever has it may take it again; the file
 * goes with the last release. A lock left behind by a process that is gone is taken over; one of another
 * machine or container never is, since its processes cannot be seen from here.
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
    await take(this.#path, mine)
    this.#mine = mine
    await sweep(this.#path)
  }

  async #release(): Promise<void> {
    this.#count--
    if (this.#count > 0) return
    if ((await textOf(this.#path)) === this.#mine) await rm(this.#path)
  }
}

async function take(path: string, mine: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await createExclusively(path, mine)) return
    const text = await textOf(path)
    if (text === undefined) continue
    const holder = holderOf(text)
    if (holder !== undefined && !(await isLeft(holder))) throw locked(holder, path)
    await removeStale(path, text, mine)
  }
  throw new RestituteError('dossier-locked', 'the dossier is locked: several processes want it at once')
}

/** Only one may remove a stale lock, and only while it is still that one: whoever has the lock for doing so. */
async function removeStale(path: string, text: string, mine: string): Promise<void> {
  const removal = `${path}.stale`
  await take(removal, mine)
  try {
    if ((await textOf(path)) === text) await rm(path)
  } finally {
    await rm(removal)
  }
}

/** The lock appears with its content or not at all: one that is still empty would look like a crash. */
async function createExclusively(path: string, text: string): Promise<boolean> {
  const whole = `${path}.${randomBytes(8).toString('hex')}`
  try {
    await writeFile(whole, text, { flag: 'wx', mode: 0o640 })
    await link(whole, path)
    return true
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false
    throw writeFailed(path, cause)
  } finally {
    await rm(whole, { force: true })
  }
}

/** What was being written when its process was killed: nobody will link it any more. */
async function sweep(path: string): Promise<void> {
  const names = await readdir(dirname(path))
  const own = new RegExp(`^${basename(path).replaceAll('.', '\\.')}\\.[0-9a-f]{16}$`)
  for (const name of names.filter((one) => own.test(one))) {
    const left = join(dirname(path), name)
    const holder = holderOf((await textOf(left).catch(() => '')) ?? '')
    if (holder && (await isLeft(holder))) await rm(left, { force: true })
  }
}

/** Undefined where there is none. Throws `dossier-locked` where this account may not look who holds it. */
async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    if (systemCode(cause) !== 'ENOENT') throw unreadable(path, cause)
    return undefined
  })
}

function unreadable(path: string, cause: unknown): RestituteError {
  const message = `the dossier is locked, and ${basename(path)} cannot be read (${systemCode(cause)})`
  return new RestituteError('dossier-locked', message, {
    cause,
    hint: `work on a dossier by one account; when nothing of the one that ls -l ${shellWord(path)} shows runs in it any more, remove that file`,
  })
}

async function thisProcess(): Promise<Holder> {
  const { pid } = process
  const token = randomBytes(8).toString('hex')
  return { pid, started: await startOf(pid), host: hostname(), seenFrom: seenFrom(), token }
}

function holderOf(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const { pid, started, host, seenFrom, token = '' } = value as Partial<Holder>
    if (typeof pid !== 'number' || typeof started !== 'string' || typeof host !== 'string') return undefined
    return { pid, started, host, seenFrom, token }
  } catch {
    // What a power cut left of it.
    return undefined
  }
}

async function isLeft({ pid, started, host, seenFrom }: Holder): Promise<boolean> {
  return host === hostname() && (await isGoneFrom(seenFrom, pid, started))
}

function locked(holder: Holder, path: string): RestituteError {
  const { pid, host } = holder
  const where = elsewhere(holder)
  const message = `the dossier is locked by process ${pid}${where === undefined ? '' : ` ${where}`}`
  return new RestituteError('dossier-locked', message, {
    // What is a number elsewhere is that of another process here: nobody is to end that.
    details: { ...(where === undefined || host !== hostname() ? { pid } : {}), host },
    hint: where === undefined ? 'wait for it to end' : `when nothing runs ${where} any more, remove ${path}`,
  })
}

/** Where a holder is that cannot be seen from here. */
function elsewhere({ host, seenFrom }: Holder): string | undefined {
  if (host !== hostname()) return `on ${host}`
  return isNumberedAlike(seenFrom) ? undefined : `in another container on ${host}`
}
