import { createHash } from 'node:crypto'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs'
import { join } from 'node:path'

/*
 * A program as an operator might write one, for a make-believe system: a folder with a file for each table. It speaks
 * the protocol of docs/program.md.
 */

const input = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>
let held = Buffer.alloc(0)

async function more(): Promise<boolean> {
  const { done, value } = await input.next()
  if (done === true) return false
  held = Buffer.concat([held, value])
  return true
}

async function line(): Promise<Record<string, unknown> | undefined> {
  while (held.indexOf(10) < 0) if (!(await more())) return undefined
  const end = held.indexOf(10)
  const value = JSON.parse(held.subarray(0, end).toString()) as Record<string, unknown>
  held = held.subarray(end + 1)
  return value
}

async function bytes(count: number): Promise<Buffer> {
  while (held.length < count && (await more()));
  const taken = held.subarray(0, count)
  held = held.subarray(count)
  return taken
}

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

const request = (await line()) ?? {}
const { system: folder = '' } = request['parameters'] as Record<string, string>
const tables = (): string[] => (existsSync(folder) ? readdirSync(folder).sort() : [])

function describe(): void {
  if (!existsSync(folder)) return say({ error: 'the system does not answer' })
  say({
    description: {
      format: 'tables of the sample system, version 1',
      identity: realpathSync(folder),
      limits: ['It is only a sample.'],
    },
  })
}

function inventory(): void {
  for (const id of tables()) {
    const content = readFileSync(join(folder, id))
    const digest = createHash('sha256').update(content).digest('hex')
    say({ item: { id, kind: 'table', bytes: content.length, mark: digest, digest } })
  }
}

/** Every other table as a stream of unknown length. */
async function exportItems(): Promise<void> {
  for (let asked = await line(); asked !== undefined; asked = await line()) {
    const item = String(asked['item'])
    if (!existsSync(join(folder, item))) {
      say({ lost: { item, reason: 'it has gone' } })
      continue
    }
    const content = readFileSync(join(folder, item))
    if (item.length % 2 === 0) {
      say({ entry: { item, path: 'table.bin', size: content.length } })
      process.stdout.write(content)
    } else {
      say({ entry: { item, path: 'table.bin' } })
      for (let at = 0; at < content.length; at += 5000) {
        const piece = content.subarray(at, at + 5000)
        say({ bytes: piece.length })
        process.stdout.write(piece)
      }
      say({ bytes: 0 })
    }
  }
}

async function restore(): Promise<void> {
  if (tables().length > 0) return say({ occupied: true })
  say({ ready: true })
  const building = `${folder}.new`
  mkdirSync(building)
  for (let next = await line(); next !== undefined; next = await line()) {
    if (next['finish'] === true) {
      rmSync(folder, { recursive: true, force: true })
      return renameSync(building, folder)
    }
    const entry = next['entry'] as { item: string; size: number } | undefined
    if (entry) appendFileSync(join(building, entry.item), await bytes(entry.size))
  }
  rmSync(building, { recursive: true })
  process.exit(1)
}

function plan(): void {
  if (existsSync(folder))
    say({ step: { action: 'drop tables', object: 'the sample system', count: tables().length } })
}

/** What was described may have given way to another system since: that one stays. */
function isAnother(): boolean {
  const { identity } = request
  return identity !== undefined && existsSync(folder) && realpathSync(folder) !== identity
}

function destroy(): void {
  if (isAnother()) return say({ error: 'it is another system' })
  plan()
  for (const id of tables()) unlinkSync(join(folder, id))
  if (existsSync(folder)) rmdirSync(folder)
}

function probe(): void {
  const state = existsSync(folder) ? 'present' : 'absent'
  say({
    sighting: {
      state,
      identity: 'reader of the sample',
      looked: [`list tables: ${tables().length}`],
      limits: ['files only'],
    },
  })
}

async function open(): Promise<void> {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    return say({ error: 'the system does not answer' })
  say({ view: { point: `now, ${tables().length} tables`, consistency: 'per-item', token: { folder } } })
  // Held until whoever asked lets go.
  while (await more());
}

const verbs: Record<string, () => void | Promise<void>> = {
  describe,
  open,
  inventory,
  export: exportItems,
  restore,
  plan,
  destroy,
  probe,
}
await verbs[String(process.argv[2])]?.()
say({ done: true })
