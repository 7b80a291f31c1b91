import { isUtf8 } from 'node:buffer'
import { compareUtf8, type Item, type JsonObject, systemCalls, systemCode } from '@restitute/core'

/** An extended attribute. ACLs are attributes too: `system.posix_acl_access`, `system.posix_acl_default`. */
export interface Xattr {
  readonly name: Buffer
  readonly value: Buffer
}

/** Under these names XFS shows root the ACLs a second time, as it keeps them. */
const again: ReadonlySet<string> = new Set(['trusted.SGI_ACL_FILE', 'trusted.SGI_ACL_DEFAULT'])

/** Those of one name of a tree, none where there can be none. Throws the system's errors. */
export function readXattrs(path: Buffer): Xattr[] {
  const system = systemCalls()
  const names = unlessUnsupported(() => system?.listXattrs(path)) ?? []
  return names.flatMap((name) => {
    if (again.has(name.toString('latin1'))) return []
    const value = system?.getXattr(path, name)
    return value === undefined ? [] : [{ name, value }]
  })
}

function unlessUnsupported<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch (error) {
    if (systemCode(error) !== 'ENOTSUP') throw error
    return undefined
  }
}

/**
 * As attributes of an item: `xattrs` maps names to values in base64; names that are not UTF-8 are in `rawXattrs`, in
 * base64 themselves.
 */
export function xattrFacts(xattrs: readonly Xattr[]): JsonObject {
  if (xattrs.length === 0) return {}
  const [plain, raw] = [true, false].map((utf8) => xattrs.filter(({ name }) => isUtf8(name) === utf8))
  return { ...table('xattrs', plain ?? [], 'utf8'), ...table('rawXattrs', raw ?? [], 'base64') }
}

function table(key: string, xattrs: readonly Xattr[], encoding: BufferEncoding): JsonObject {
  if (xattrs.length === 0) return {}
  const pairs = xattrs.map(({ name, value }) => [name.toString(encoding), value.toString('base64')] as const)
  return { [key]: Object.fromEntries(pairs.toSorted(([a], [b]) => compareUtf8(a, b))) }
}

/** The other way round: those that an item must have. Packages may hold what XFS shows {@link again}. */
export function xattrsOf({ attributes = {} }: Item): Xattr[] {
  const { xattrs, rawXattrs } = attributes
  if (xattrs === undefined && rawXattrs === undefined) return []
  const all = [...rows(xattrs, 'utf8'), ...rows(rawXattrs, 'base64')]
  return all.filter(({ name }) => !again.has(name.toString('latin1')))
}

/** About what they take in the item's line of a tree file. */
export function xattrLength({ attributes = {} }: Item): number {
  const values = [attributes['xattrs'], attributes['rawXattrs']].flatMap((table) =>
    Object.values(table ?? {}),
  )
  return values.reduce((sum, value) => sum + String(value).length, 0)
}

function rows(value: unknown, encoding: BufferEncoding): Xattr[] {
  return Object.entries(value ?? {}).map(([name, text]) => ({
    name: Buffer.from(name, encoding),
    value: Buffer.from(String(text), 'base64'),
  }))
}

/** Only root may set them, and where SELinux is, the system itself gives every file such a one. */
const privileged = /^(security|trusted)\./

/** The name of the first attribute that only one of two items has, or with another value; `all`: also of what only root may set. */
export function differingXattr(one: Item, other: Item, all: boolean): string | undefined {
  const of = (item: Item): Xattr[] =>
    xattrsOf(item).filter(({ name }) => all || !privileged.test(name.toString('latin1')))
  const values = new Map(of(one).map(({ name, value }) => [name.toString('latin1'), value]))
  for (const { name, value } of of(other)) {
    const key = name.toString('latin1')
    if (values.get(key)?.equals(value) !== true) return name.toString()
    values.delete(key)
  }
  const [left] = values.keys()
  return left === undefined ? undefined : Buffer.from(left, 'latin1').toString()
}
