import { type Package, readIndex } from '@restitute/archive'
import { compareUtf8, matchesGlob } from '@restitute/core'
import type { IndexHeader, IndexItem, IndexLine, IndexRecord, ItemState } from '@restitute/manifest'
import type { PrivateKey } from '@restitute/seal'

/** What {@link listPackage} needs. */
export interface ListOptions {
  readonly package: Package
  readonly opener: { readonly privateKeys: readonly PrivateKey[] }
  /** Matches the id of an item; all without it. */
  readonly glob?: string | undefined
  readonly signal: AbortSignal
}

/** An item as a package states it. */
export interface ListedItem {
  readonly source: string
  readonly item: string
  readonly kind: string
  readonly state: ItemState
  readonly bytes: number
  readonly count?: number
  readonly digest?: string
  readonly reason?: string
  /** The package, when it holds the item's content. */
  readonly package?: string
}

/**
 * Every item of a package, by source in order of name, then ascending by id. Reads the indexes alone, line by line:
 * memory does not grow with their length. Trust is not judged here. Errors: those of `readIndex`, in the middle of
 * the list, too.
 */
export async function* listPackage(options: ListOptions): AsyncIterable<ListedItem> {
  const { indexes } = options.package.manifest
  for (const record of indexes.toSorted((a, b) => compareUtf8(a.source, b.source))) {
    yield* listIndex(options, record)
  }
}

/** Whether the package holds an item is known by the line that follows it. */
async function* listIndex(options: ListOptions, record: IndexRecord): AsyncIterable<ListedItem> {
  const { package: opened, opener, glob, signal } = options
  const { destination, manifest } = opened
  let last: IndexItem | undefined
  for await (const line of readIndex({ destination, record, opener, signal })) {
    if (last) yield listed(last, record.source, manifest.package, isEntry(line))
    last = isItem(line) && (glob === undefined || matchesGlob(line.item, glob)) ? line : undefined
  }
  if (last) yield listed(last, record.source, manifest.package, false)
}

function isEntry(line: IndexHeader | IndexLine): boolean {
  return 'entry' in line && line.item !== undefined
}

function isItem(line: IndexHeader | IndexLine): line is IndexItem {
  return 'state' in line
}

function listed(line: IndexItem, source: string, packageName: string, hasEntry: boolean): ListedItem {
  const { item, kind, state, bytes, count, digest, reason } = line
  return {
    ...{ source, item, kind, state, bytes },
    ...(count !== undefined && { count }),
    ...(digest !== undefined && { digest }),
    ...(reason !== undefined && { reason }),
    // What has no entry of its own, such as a link, lies with the package that exported it.
    ...((hasEntry || state === 'exported') && { package: packageName }),
  }
}
