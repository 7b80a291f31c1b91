import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  buildingPlace,
  type KnownItem,
  RestituteError,
  type RestoredEntry,
  type Restorer,
  refuseMounted,
  systemCode,
  throwIfInterrupted,
} from '@restitute/core'
import { contentOf, indexPath } from './bag-entry.ts'
import { unreachable } from './files.ts'
import { layoutId } from './items.ts'
import { algorithmOf, blobPath, digestOfPath, hexOf } from './names.ts'

const layoutPath = `data/${layoutId}`

/** A blob of which more parts may come. */
interface Open {
  readonly digest: string
  readonly handle: FileHandle
  readonly hash: Hash
  part: number
}

/**
 * Writes an image layout into a new folder beside the target, which takes its name on `finish`. Every blob is proven by
 * its digest; parts are joined.
 */
class LayoutRestorer implements Restorer {
  readonly phases = 1
  readonly #target: string
  readonly #building: string
  #open: Open | undefined

  constructor(target: string, building: string) {
    this.#target = target
    this.#building = building
  }

  phase(): number {
    return 0
  }

  async accept(entry: RestoredEntry, signal: AbortSignal): Promise<void> {
    throwIfInterrupted(signal)
    if (entry.type !== 'file') return
    const content = contentOf(entry)
    if (content) return this.#takeContent(entry, content, signal)
    if (entry.path !== indexPath && entry.path !== layoutPath) return
    await this.#close()
    await using file = await open(join(this.#building, entry.path.slice('data/'.length)), 'wx', 0o600)
    await append(file, entry, signal)
  }

  async finish(items: AsyncIterable<KnownItem>, signal: AbortSignal): Promise<void> {
    await this.#close()
    const present = new Set(await readdir(this.#building, { recursive: true }))
    for await (const { id } of items) {
      throwIfInterrupted(signal)
      if (digestOfPath(id) === undefined || present.has(id)) continue
      throw new RestituteError('restore-failed', `restore: expected ${id}, got no such content`)
    }
    throwIfInterrupted(signal)
    await sync(this.#building)
    await rmdir(this.#target).catch(() => {})
    await expectEmpty(this.#target)
    await rename(this.#building, this.#target)
    await sync(dirname(this.#target))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.handle.close()
    await rm(this.#building, { recursive: true, force: true })
  }

  async #takeContent(
    entry: RestoredEntry,
    { digest, part = 1 }: { digest: string; part?: number },
    signal: AbortSignal,
  ): Promise<void> {
    if (this.#open?.digest !== digest) await this.#begin(digest, part)
    const file = this.#open as Open
    if (file.part + 1 !== part) throw failed(digest, `expected part ${file.part + 1}, got part ${part}`)
    file.part = part
    await append(file.handle, entry, signal, file.hash)
  }

  async #begin(digest: string, part: number): Promise<void> {
    await this.#close()
    const path = join(this.#building, blobPath(digest))
    await mkdir(dirname(path), { recursive: true })
    if (part !== 1) throw failed(digest, 'its earlier parts are missing')
    this.#open = {
      digest,
      handle: await open(path, 'wx', 0o600),
      hash: createHash(algorithmOf(digest)),
      part: 0,
    }
  }

  async #close(): Promise<void> {
    if (!this.#open) return
    const { digest, handle, hash } = this.#open
    this.#open = undefined
    await handle.sync()
    await handle.close()
    if (hash.digest('hex') !== hexOf(digest)) throw failed(digest, 'its bytes do not have its digest')
  }
}

/** Starts a restoration to a folder that does not exist or is empty; throws `target-not-empty`, `usage`, `source-unreachable`. */
export async function openLayoutRestorer(target: string): Promise<Restorer> {
  await refuseMounted(target, `oci:layout:${target}`)
  await expectEmpty(target)
  const building = await buildingPlace(target, (left) => rm(left, { recursive: true }))
  await mkdir(building, { mode: 0o700 }).catch((cause: unknown) => {
    throw unreachable(building, systemCode(cause) ?? 'failed', cause)
  })
  return new LayoutRestorer(target, building)
}

async function expectEmpty(target: string): Promise<void> {
  const names = await readdir(target).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return []
    throw notEmpty(target, systemCode(error) ?? 'something else')
  })
  if (names.length > 0) throw notEmpty(target, 'a folder with content')
}

function notEmpty(target: string, got: string): RestituteError {
  return new RestituteError(
    'target-not-empty',
    `restore to ${target}: expected no folder or an empty one, got ${got}`,
  )
}

async function append(
  file: FileHandle,
  entry: RestoredEntry,
  signal: AbortSignal,
  hash?: Hash,
): Promise<void> {
  for await (const chunk of entry.content()) {
    throwIfInterrupted(signal)
    hash?.update(chunk)
    await file.writeFile(chunk)
  }
}

async function sync(path: string): Promise<void> {
  await using handle = await open(path, 'r')
  await handle.sync()
}

function failed(digest: string, why: string): RestituteError {
  return new RestituteError('restore-failed', `restore ${digest}: ${why}`)
}
