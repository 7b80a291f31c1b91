import { type Entry, type Item, type Json, type Loss, once, type SourceSpec, safeName } from '@restitute/core'
import { Call } from './call.ts'
import { Said } from './said.ts'

/** What a shard is read for. */
export interface Reading {
  readonly source: SourceSpec
  readonly token: Json
  readonly partBytes: number
  /** Nanoseconds: the time of entries that have none. */
  readonly modified: bigint
  readonly signal: AbortSignal
}

// Content of unknown length is gathered to parts in memory, so that their sizes are known.
const mostGathered = 16 * 1024 * 1024

/** A file as the program announced it. */
interface Announced {
  readonly item: string
  readonly path: string
  readonly size: number | undefined
}

/**
 * The entries of some items, in their order. What the program delivers of none of them is lost; items that it does not
 * mention though they have bytes are lost too.
 */
export async function* entriesOf(items: AsyncIterable<Item>, reading: Reading): AsyncIterable<Entry | Loss> {
  const wanted = (await Array.fromAsync(items)).filter(({ lost }) => lost === undefined)
  if (wanted.length === 0) return
  const { source, token, signal } = reading
  await using call = await Call.start(source, 'export', { token }, signal)
  const asking = ask(call, wanted)
  const order = new Order(wanted, call)
  for (let line = await call.next(); line !== undefined; line = await call.next()) {
    if ('lost' in line) yield order.lost(line['lost'])
    else yield* fileEntries(order.announced(line['entry']), call, reading)
  }
  await asking
  yield* order.forgotten()
}

/** Beside the reading: a program that answers each item at once waits until we read before it takes the next. */
async function ask(call: Call, wanted: readonly Item[]): Promise<void> {
  try {
    for (const { id } of wanted) await call.send({ item: id })
    call.end()
  } catch {
    // Interrupted: the reading says so.
  }
}

/** Which items a program has come to, and which paths it has used. */
class Order {
  readonly #wanted: readonly Item[]
  readonly #call: Call
  readonly #numbers: ReadonlyMap<string, number>
  readonly #seen = new Set<string>()
  readonly #paths = new Set<string>()
  #at = 0

  constructor(wanted: readonly Item[], call: Call) {
    this.#wanted = wanted
    this.#call = call
    this.#numbers = new Map(wanted.map(({ id }, i) => [id, i]))
  }

  announced(value: Json | undefined): Announced {
    const said = new Said(value, this.#call.frames, 'entry')
    const item = this.#reach(said.text('item'))
    const path = `data/${folderOf(item)}/${this.#safe(said.text('path'))}`
    const folded = path.normalize('NFC').toLowerCase()
    if (this.#paths.has(folded)) throw this.#call.frames.broken('each path once', 'one twice')
    this.#paths.add(folded)
    return { item, path, size: said.optionalCount('size') }
  }

  lost(value: Json | undefined): Loss {
    const said = new Said(value, this.#call.frames, 'lost')
    return { item: this.#reach(said.text('item')), lost: said.text('reason') }
  }

  *forgotten(): Iterable<Loss> {
    for (const { id, bytes } of this.#wanted) {
      if (bytes > 0 && !this.#seen.has(id)) yield { item: id, lost: 'the program did not deliver it' }
    }
  }

  #reach(id: string): string {
    const number = this.#numbers.get(id)
    if (number === undefined) throw this.#call.frames.broken('items that were asked for', 'another one')
    if (number < this.#at)
      throw this.#call.frames.broken('items in the order in which they were asked for', 'another order')
    this.#at = number
    this.#seen.add(id)
    return id
  }

  #safe(path: string): string {
    const segments = path.split('/')
    if (segments.length > 32 || path.length > 1024 || segments.some((one) => ['', '.', '..'].includes(one))) {
      throw this.#call.frames.broken('a relative path', 'another one')
    }
    return segments.map((segment) => safeName(segment)).join('/')
  }
}

/** The slash makes every name an escaped one, which carries a digest: no two items meet. */
function folderOf(item: string): string {
  return safeName(`${item}/`)
}

async function* fileEntries(file: Announced, call: Call, reading: Reading): AsyncIterable<Entry> {
  if (file.size === undefined) yield* gathered(file, call, reading)
  else yield* announcedParts(file, file.size, call, reading)
}

/** Content whose length was announced: as one entry, or cut into parts. */
function* announcedParts(file: Announced, size: number, call: Call, reading: Reading): Iterable<Entry> {
  const { partBytes } = reading
  if (size <= partBytes) yield entry(file, size, reading, () => call.bytes(size))
  for (let part = 1; size > partBytes && (part - 1) * partBytes < size; part++) {
    const length = Math.min(partBytes, size - (part - 1) * partBytes)
    yield { ...entry(partOf(file, part), length, reading, () => call.bytes(length)), part }
  }
}

/** Content that comes in pieces, each announced by `{"bytes":n}`, until one of none. */
async function* gathered(file: Announced, call: Call, reading: Reading): AsyncIterable<Entry> {
  const most = Math.min(reading.partBytes, mostGathered)
  let [part, held, pieces] = [0, 0, [] as Uint8Array[]]
  const close = (): Entry => {
    const whole = Buffer.concat(pieces)
    ;[held, pieces] = [0, []]
    part++
    return { ...entry(partOf(file, part), whole.length, reading, () => once(whole)), part }
  }
  for (let left = await pieceOf(call); left > 0; left = await pieceOf(call)) {
    for await (const chunk of call.bytes(left)) {
      for (let at = 0; at < chunk.length; ) {
        const piece = Buffer.from(chunk.subarray(at, at + most - held))
        pieces.push(piece)
        held += piece.length
        at += piece.length
        if (held === most) yield close()
      }
    }
  }
  if (held > 0 || part === 0) yield close()
}

async function pieceOf(call: Call): Promise<number> {
  return new Said(await call.line(), call.frames, 'bytes').count('bytes')
}

function partOf(file: Announced, part: number): Announced {
  return { ...file, path: `${file.path}/part-${String(part).padStart(6, '0')}` }
}

function entry(
  { item, path }: Announced,
  size: number,
  { modified }: Reading,
  content: () => AsyncIterable<Uint8Array>,
): Entry {
  return { path, item, type: 'file', size, mode: 0o600, modified, content }
}
