import type { Item, Json } from '@restitute/core'
import { bagPath } from './bag-path.ts'

/**
 * An item as a line of `tree-<shard>.jsonl`: canonical JSON (RFC 8785) of its path in the bag (`path`, for what has
 * one), true path (`name`, and `rawName` in base64 when it is not UTF-8), kind, mode, owner, time of change
 * (`mtime`, nanoseconds since 1970), link target, `leader` (the name of the same file that comes earlier),
 * extended attributes with the ACLs (`xattrs`, values in base64), bytes of data in a file with holes (`allocated`),
 * number of a device, and how many parts it is cut into.
 */
export function treeLine(item: Item, parts?: number): string {
  const facts: Record<string, Json | undefined> = { ...item.attributes, kind: item.kind, name: item.id }
  delete facts['safePath']
  if (item.lost === undefined && (item.kind === 'file' || item.kind === 'directory'))
    facts['path'] = bagPath(item)
  if (item.leader !== undefined) facts['leader'] = item.leader
  if (parts !== undefined) facts['parts'] = parts
  if (item.lost !== undefined) facts['lost'] = item.lost
  return `${JSON.stringify(inOrder(facts))}\n`
}

/** All keys are ASCII. */
function inOrder(facts: Readonly<Record<string, Json | undefined>>): Record<string, Json | undefined> {
  const sorted: Record<string, Json | undefined> = {}
  for (const key of Object.keys(facts).sort()) sorted[key] = facts[key]
  return sorted
}
