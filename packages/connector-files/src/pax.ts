import { type Item, mostPaxBytes } from '@restitute/core'
import { aclText } from './acl.ts'
import { type Xattr, xattrsOf } from './xattrs.ts'

const acls: Readonly<Record<string, string>> = {
  'system.posix_acl_access': 'SCHILY.acl.access',
  'system.posix_acl_default': 'SCHILY.acl.default',
}

/**
 * What tar can carry of an item's ACLs and extended attributes: those that are text, as far as there is room. The
 * tree file has all of them.
 */
export function paxOf(item: Item): Record<string, string> | undefined {
  const xattrs = xattrsOf(item)
  if (xattrs.length === 0) return undefined
  const records: [string, string][] = []
  let room = mostPaxBytes
  for (const record of xattrs.map(recordOf)) {
    const [key, value] = record ?? ['', '']
    if (value === '' || key.length + value.length > room) continue
    room -= key.length + value.length
    records.push([key, value])
  }
  return records.length === 0 ? undefined : Object.fromEntries(records)
}

function recordOf({ name, value }: Xattr): [key: string, value: string] | undefined {
  const [key, text] = [name.toString('latin1'), value.toString('latin1')]
  const acl = acls[key]
  if (acl !== undefined) return [acl, aclText(value) ?? '']
  return /^[!-<>-~]+$/.test(key) && /^[ -~\n\t]*$/.test(text) ? [`SCHILY.xattr.${key}`, text] : undefined
}
