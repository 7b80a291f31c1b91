import { link, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { useOf } from '../src/machine/use.ts'
import { calm } from './support/carry.ts'
import { tempFolder } from './support/places.ts'

it('a file that is written to under another name is seen to be in use, and one beside it is not', async () => {
  await using temp = await tempFolder()
  const [image, other, beside] = ['guest.img', 'other', 'beside.img'].map((name) => join(temp.path, name))
  await writeFile(image!, 'disk')
  await writeFile(beside!, 'disk')
  await link(image!, other!)
  expect(await useOf(new Set([image!]), calm)).toEqual({ read: false })
  await using _open = await open(other!, 'r+')
  expect(await useOf(new Set([image!]), calm)).toEqual({ written: image, read: true })
  expect(await useOf(new Set([beside!]), calm)).toEqual({ read: false })
})
