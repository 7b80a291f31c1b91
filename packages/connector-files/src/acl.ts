const tags: Readonly<Record<number, string>> = {
  1: 'user',
  2: 'user',
  4: 'group',
  8: 'group',
  16: 'mask',
  32: 'other',
}
const withId: readonly number[] = [2, 8]
const headerBytes = 4
const entryBytes = 8

/**
 * The text of a POSIX ACL (`user::rw-,user:1000:r--,…`, ids in numbers) as the kernel keeps it in an extended
 * attribute: a version, then tag, permissions and id of each entry, little-endian. Nothing when it is anything else.
 */
export function aclText(value: Buffer): string | undefined {
  if (value.length % entryBytes !== headerBytes || value.readUInt32LE(0) !== 2) return undefined
  const entries: string[] = []
  for (let at = headerBytes; at < value.length; at += entryBytes) {
    const tag = value.readUInt16LE(at)
    const name = tags[tag]
    if (name === undefined) return undefined
    const id = withId.includes(tag) ? value.readUInt32LE(at + 4) : ''
    entries.push(`${name}:${id}:${permissions(value.readUInt16LE(at + 2))}`)
  }
  return entries.join(',')
}

/** What the owning group may by such a list itself: the bits of a mode say what anybody in it may at most. */
export function groupBits(value: Buffer): number {
  const bits = { group: 0, mask: 7 }
  for (let at = headerBytes; at + entryBytes <= value.length; at += entryBytes) {
    const name = tags[value.readUInt16LE(at)]
    const hasNoId = !withId.includes(value.readUInt16LE(at))
    if ((name === 'group' && hasNoId) || name === 'mask') bits[name] = value.readUInt16LE(at + 2) & 7
  }
  return bits.group & bits.mask
}

function permissions(bits: number): string {
  return [bits & 4 ? 'r' : '-', bits & 2 ? 'w' : '-', bits & 1 ? 'x' : '-'].join('')
}
