import type { Item, JsonObject } from '@restitute/core'
import { bagPath } from './bag-path.ts'

/**
 * An item as a line of `tree-<shard>.jsonl`: canonical JSON (RFC 8785) of its path in the bag (`path`, for what has
 * one), true path (`name`, and `rawName` in base64 when it is not UTF-8), kind, mode, owner, time of change
 * (`mtime`, nanoseconds since 1970), link target, `leader` (the name of the same file that comes earlier),
 * extended attributes with the ACLs (`xattrs`, values in base64), bytes that a sparse file occupies (`allocated`),
 * number of a device, and how many parts it is cut into.
 */
export function treeLine(item: Item, parts?: number): string {
  const stored = item.lost === undefined && (item.kind === 'file' || item.kind === 'directory')
  const { safePath: _, ...attributes } = item.attributes ?? {}
  const facts: JsonObject = {
    ...attributes,
    kind: item.kind,
    name: item.id,
    ...(stored ? { path: bagPath(item) } : {}),
    ...(item.leader === undefined ? {} : { leader: item.leader }),
    ...(parts === undefined ? {} : { parts }),
    ...(item.lost === undefined ? {} : { lost: item.lost }),
  }
  return `${JSON.stringify(Object.fromEntries(Object.entries(facts).sort(byKey)))}\n`
}

/** All keys are ASCII. */
function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
