import { createHash } from 'node:crypto'
import { readdir, readFile, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Connector,
  compareUtf8,
  type Destroyer,
  type DestroyStep,
  type Difference,
  type Item,
  RestituteError,
  type Sighting,
  throwIfInterrupted,
} from '@restitute/core'
import { folderFingerprint } from '../../src/fingerprints.ts'

/**
 * What a test may let happen before file number `n` (from 1) is unlinked, and once more when all is gone: throw, end
 * the process, change the world.
 */
export type Fault = (n: number) => void

/** The files of a flat folder: `tree:<path>`. Enough of a connector for destroying, comparing and looking. */
export function treeConnector(fault: Fault = () => {}): Connector {
  return {
    kind: 'tree',
    abilities: {
      joinable: false,
      consistency: 'per-item',
      digestsAtInventory: true,
      destruction: 'deletion',
    },
    destroyer: (source) => destroyer(pathOf(source.url), fault),
    prober: async (source) => ({ look: () => look(pathOf(source.url)), [Symbol.asyncDispose]: nothing }),
    watch: async (source) => ({
      differences: (known) => differences(pathOf(source.url), known),
      [Symbol.asyncDispose]: nothing,
    }),
    freeze: absent,
    join: absent,
    restore: absent,
    compare: absent,
    siblings: absent,
  }
}

/** The inventory of such a folder. */
export async function* itemsIn(dir: string): AsyncIterable<Item> {
  for (const id of await namesIn(dir)) {
    const content = await readFile(join(dir, id))
    const digest = createHash('sha256').update(content).digest('hex')
    yield { id, kind: 'file', bytes: content.length, mark: digest, digest }
  }
}

const nothing = async (): Promise<void> => {}

function absent(): never {
  throw new RestituteError('internal', 'the test connector has no such part')
}

function pathOf(url: string): string {
  return url.slice('tree:'.length)
}

async function namesIn(dir: string): Promise<string[]> {
  return (await readdir(dir)).toSorted(compareUtf8)
}

async function fingerprintOf(dir: string): Promise<string> {
  const fingerprint = await folderFingerprint(dir)
  if (fingerprint !== undefined) return fingerprint
  throw new RestituteError('source-unreachable', `tree ${dir}: not found`)
}

async function destroyer(dir: string, fault: Fault): Promise<Destroyer> {
  return {
    fingerprint: await fingerprintOf(dir),
    method: { category: 'none', technique: 'unlink', limits: ['nothing is overwritten'] },
    plan: () => steps(dir),
    destroy: (signal) => destroy(dir, fault, signal),
    [Symbol.asyncDispose]: nothing,
  }
}

async function* steps(dir: string): AsyncIterable<DestroyStep> {
  for (const object of await namesIn(dir)) yield { action: 'unlink', object, count: 1 }
}

async function* destroy(dir: string, fault: Fault, signal: AbortSignal): AsyncIterable<DestroyStep> {
  let n = 0
  for await (const step of steps(dir)) {
    throwIfInterrupted(signal)
    fault(++n)
    await unlink(join(dir, step.object))
    yield step
  }
  await rmdir(dir)
  fault(++n)
}

async function* differences(dir: string, known: AsyncIterable<Item>): AsyncIterable<Difference> {
  const delivered = new Map((await Array.fromAsync(known)).map((item) => [item.id, item]))
  for await (const item of itemsIn(dir)) {
    const before = delivered.get(item.id)
    delivered.delete(item.id)
    if (!before) yield { item: item.id, change: 'new' }
    else if (before.digest !== item.digest) yield { item: item.id, change: 'changed' }
  }
  for (const id of delivered.keys()) yield { item: id, change: 'removed' }
}

async function look(dir: string): Promise<Sighting> {
  const report = { identity: 'uid 1000', looked: [`stat ${dir}`], limits: ['it looked at the path alone'] }
  const fingerprint = await folderFingerprint(dir)
  return fingerprint === undefined
    ? { ...report, state: 'absent' }
    : { ...report, state: 'present', fingerprint }
}
