import type { Entry, Item, JsonObject } from '@restitute/core'
import { sortedJson } from './sorted-json.ts'

/** What reading adds to an item. */
export interface Addition {
  readonly found?: JsonObject | undefined
  readonly parts?: number
  readonly lost?: string | undefined
}

/**
 * A line of `objects-….jsonl`: canonical JSON (RFC 8785) of an item's id, kind, key, version id, time, size, ETag, path in the
 * bag, whether it is the newest of its key, and of all that reading found beside the content.
 */
export function objectLine({ id, kind, bytes, attributes }: Item, { found, parts, lost }: Addition): string {
  const { value: _, ...known } = attributes ?? {}
  const facts = {
    ...known,
    ...found,
    ...{ id, kind, bytes },
    ...(parts !== undefined && { parts }),
    ...(lost !== undefined && { lost }),
  }
  return `${JSON.stringify(sortedJson(facts))}\n`
}

/** A tag file of the bag that holds lines, or any other text. */
export function tagFile(path: string, text: string): Entry {
  const bytes = Buffer.from(text)
  return {
    ...{ path, type: 'file', size: bytes.length, mode: 0o644, modified: 0n },
    content: async function* () {
      if (bytes.length > 0) yield bytes
    },
  }
}

/** Whether a path in the bag is that of such a list. */
export function isObjectList(path: string): boolean {
  return /^objects-\d+-\d+\.jsonl$/.test(path)
}
