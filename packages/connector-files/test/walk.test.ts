import { execFileSync } from 'node:child_process'
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Item } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { calm, freeze } from './support/export.ts'
import { tempFolder } from './support/places.ts'

/** The inventory of a tree in which a folder is replaced by a link to another client's once an item has come. */
async function inventoryOfReplaced(after: string, replaced: string): Promise<Map<string, Item>> {
  await using folder = await tempFolder()
  const [root, other] = [join(folder.path, 'tree'), join(folder.path, 'another client')]
  for (const top of [root, other]) {
    await mkdir(join(top, 'b/deep'), { recursive: true })
    await writeFile(join(top, 'b/deep/z'), top)
    await mkdir(join(top, 'deep'), { recursive: true })
    await writeFile(join(top, 'deep/z'), top)
  }
  for (let name = 100; name < 300; name++) await writeFile(join(root, `b/${name}`), '')
  for (let name = 100; name < 300; name++) await writeFile(join(other, `b/${name}`), 'secret')
  await writeFile(join(root, 'a'), '')
  await using exporter = await freeze(root)
  const items = new Map<string, Item>()
  for await (const item of exporter.inventory(calm)) {
    items.set(item.id, item)
    if (item.id !== after) continue
    await rename(join(root, replaced), join(folder.path, 'moved'))
    await symlink(join(other, replaced), join(root, replaced))
  }
  return items
}

describe('a folder that becomes a link to elsewhere while the tree is walked', () => {
  it('is not entered', async () => {
    const items = await inventoryOfReplaced('a', 'b')
    expect(items.get('b/')).toMatchObject({ lost: 'changed while it was listed' })
    expect([...items.keys()].filter((id) => id.startsWith('b/') && id !== 'b/')).toEqual([])
  })

  it('is told of what is still to come in it', async () => {
    const items = await inventoryOfReplaced('b/100', 'b')
    const inside = [...items.values()].filter(({ id }) => id.startsWith('b/'))
    expect(inside.filter(({ lost, bytes }) => lost === undefined && bytes === 6)).toEqual([])
    expect(items.get('b/299')).toMatchObject({ lost: 'changed while it was listed' })
    expect(items.has('b/deep/z')).toBe(false)
  })
})

/** The inventory of a tree with a file system mounted in it, or in its place, which is unmounted once an item has come. */
async function inventoryOfUnmounted(inside: string, skip: (why: string) => void): Promise<Item[]> {
  await using folder = await tempFolder()
  const [root, mount] = [join(folder.path, 'tree'), join(folder.path, 'tree', inside)]
  await mkdir(mount, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'none', mount], { stdio: 'ignore' })
  } catch {
    skip('no right to mount here')
  }
  await mkdir(join(mount, 'b'))
  for (let name = 100; name < 300; name++) await writeFile(join(mount, `b/${name}`), '')
  await using exporter = await freeze(root)
  const items: Item[] = []
  for await (const item of exporter.inventory(calm)) {
    items.push(item)
    if (item.id.endsWith('b/100')) execFileSync('umount', ['-l', mount])
  }
  return items
}

describe('a file system that vanishes while the tree is walked', () => {
  it.for(['', 'mounted'])('does not look like files removed: tree/%s', async (inside, { skip }) => {
    await expect(inventoryOfUnmounted(inside, skip)).rejects.toMatchObject({ code: 'source-view-lost' })
  })
})
