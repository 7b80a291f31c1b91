import { isoTime, RestituteError } from '@restitute/core'
import {
  type Checkpoint,
  canonicalJson,
  type Fingerprint,
  type LedgerEvent,
  type LedgerLine,
  sha256Hex,
  validateLedgerLine,
} from '@restitute/manifest'
import type { PublicKey } from '@restitute/seal'
import { guardRefused } from '../guards/refusal.ts'
import type { WriterLock } from '../lock.ts'
import { type MandatedKey, mandateProblem, mandateRefused } from '../mandates.ts'
import type { DossierPaths } from '../paths.ts'
import { writeHead } from './anchors.ts'
import { signedAsKnown } from './known-signature.ts'
import type { AppendOptions, Ledger } from './ledger.ts'
import { appendLine, type LedgerFile, setTornAside } from './ledger-file.ts'

const zeros = '0'.repeat(64)

/** A ledger that was read and verified. */
export interface ReadLedger {
  readonly file: LedgerFile
  readonly events: readonly LedgerEvent[]
  readonly head: Checkpoint | undefined
  /** Every key that its lines are read by. */
  readonly keys: ReadonlyMap<Fingerprint, PublicKey>
  /** Who may add an event. */
  readonly writers: ReadonlySet<Fingerprint>
  /** Who else may, within limits. */
  readonly mandates: readonly MandatedKey[]
}

/** The ledger of a dossier, in `ledger.jsonl`. */
export class FileLedger implements Ledger {
  readonly #paths: DossierPaths
  readonly #lock: WriterLock
  readonly #writers: ReadonlySet<Fingerprint>
  readonly #mandates: readonly MandatedKey[]
  readonly #keys: ReadonlyMap<Fingerprint, PublicKey>
  #events: readonly LedgerEvent[]
  #head: Checkpoint | undefined
  #file: LedgerFile
  #notes: readonly string[] = []
  #queue: Promise<unknown> = Promise.resolve()

  constructor(paths: DossierPaths, lock: WriterLock, read: ReadLedger) {
    this.#paths = paths
    this.#lock = lock
    this.#writers = read.writers
    this.#mandates = read.mandates
    this.#keys = read.keys
    this.#events = read.events
    this.#head = read.head
    this.#file = read.file
    if (read.file.torn.length > 0) this.#notes = [leftOut(read.file.torn.length)]
  }

  events(): readonly LedgerEvent[] {
    return this.#events
  }

  head(): Checkpoint | undefined {
    return this.#head
  }

  notes(): readonly string[] {
    return this.#notes
  }

  async append(o: AppendOptions): Promise<LedgerEvent> {
    const turn = this.#queue.then(() => this.#append(o))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #append(o: AppendOptions): Promise<LedgerEvent> {
    await using _lock = await this.#lock.acquire()
    const event = this.#next(o)
    const line = Buffer.from(await signedLine(event, o, o.knownAs ?? this.#keys.get(o.key.fingerprint)))
    await this.#repair(o.at)
    await appendLine(this.#paths.ledger, this.#file.size, line)
    this.#events = [...this.#events, event]
    this.#file = { ...this.#file, size: this.#file.size + line.length + 1 }
    this.#head = { sequence: event.sequence, sha256: sha256Hex(line) }
    await writeHead(this.#paths, this.#head)
    return event
  }

  #next({ type, operation, body, key, at }: AppendOptions): LedgerEvent {
    this.#assertLater(at)
    this.#assertWriter({ type, key, at })
    const previous = this.#head?.sha256 ?? zeros
    return {
      sequence: this.#events.length + 1,
      at: isoTime(at),
      operation,
      type,
      body,
      person: key.fingerprint,
      previous,
    }
  }

  async assertMay(o: Pick<AppendOptions, 'type' | 'key' | 'at'>): Promise<void> {
    this.#assertLater(o.at)
    this.#assertWriter(o)
    await signedAsKnown(new Uint8Array(), o.key, o.at, this.#keys.get(o.key.fingerprint))
  }

  #assertLater(at: Date): void {
    const last = this.#events.at(-1)
    if (last !== undefined && isoTime(at) < last.at) throw clockBehind(isoTime(at), last)
  }

  #assertWriter({
    type,
    key: { fingerprint: person },
    at,
  }: Pick<AppendOptions, 'type' | 'key' | 'at'>): void {
    if (this.#writers.has(person)) return
    if (!this.#mandates.some(({ key }) => key.fingerprint === person)) throw stranger(person)
    const act = { person, type, at: isoTime(at), sequence: this.#events.length + 1 }
    const problem = mandateProblem(this.#mandates, act)
    if (problem !== undefined) throw mandateRefused(problem, at)
  }

  async #repair(at: Date): Promise<void> {
    if (this.#file.torn.length === 0) return
    this.#notes = [await setTornAside(this.#paths.ledger, this.#file, at)]
    this.#file = { ...this.#file, torn: new Uint8Array() }
  }
}

async function signedLine(
  event: LedgerEvent,
  { key, at }: AppendOptions,
  known: PublicKey | undefined,
): Promise<string> {
  const binary = await signedAsKnown(Buffer.from(canonicalJson(event)), key, at, known)
  const line: LedgerLine = { event, signature: Buffer.from(binary).toString('base64') }
  // What the ledger would not read again must not get into it.
  return canonicalJson(validateLedgerLine(line))
}

function leftOut(bytes: number): string {
  return `its last line is incomplete (${bytes} bytes, a crash while it was written): left out, and set aside by the next event`
}

function clockBehind(now: string, last: LedgerEvent): RestituteError {
  return guardRefused(
    'floors',
    `the clock says ${now}, which is before event ${last.sequence} of ${last.at}`,
    // Whoever sets a right clock ahead ends every period before its time.
    'set the clock of this machine if it is wrong; where it is right, leave it: the one of that event was ahead, and nothing is recorded before that time has come',
  )
}

function stranger(fingerprint: Fingerprint): RestituteError {
  return new RestituteError('key-wrong', `ledger: key ${fingerprint} belongs to nobody in the contract`, {
    hint: 'act with the key of a person of the contract in force (--as); an amendment is recorded by one of the contract before it',
    details: { fingerprint },
  })
}
