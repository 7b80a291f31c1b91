import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Receipt } from '@restitute/manifest'
import { describe, expect, it } from 'vitest'
import { acknowledgeAll, deliverAll, exportPackage, openCase, pin } from '../support/case.ts'

const names = ['Dupont-Martine-1954.pdf', 'oncologie-rapport-secret', 'perdu-Durand.fifo']

/** A tree whose names say who was ill; one item can only be lost. */
async function sources(root: string): Promise<{ name: string; url: string }[]> {
  const folder = join(root, 'source', names[1] ?? '')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, names[0] ?? ''), 'synthetic\n')
  await writeFile(join(root, 'source', names[2] ?? ''), 'left out\n')
  return [{ name: 'documents', url: `files:${join(root, 'source')}` }]
}

describe('names of items', () => {
  it('stand nowhere in clear, and cannot be guessed from a digest without the salt', async () => {
    await using c = await openCase({ sources })
    await pin(c)
    await exportPackage(c, undefined, { item: `${names[1]}/**` })
    await deliverAll(c)
    await acknowledgeAll(c, ['R1-0001'])
    const evidence = [
      ...(await texts(join(c.client, 'R1-0001'))),
      ...(await texts(c.client)),
      await readFile(join(c.dossier, 'ledger.jsonl'), 'latin1'),
      ...(await texts(join(c.dossier, 'documents'))),
    ].join('\n')
    const receipt = JSON.parse(await readFile(join(c.client, 'receipt-R1.json'), 'utf8')) as Receipt
    expect(receipt.consent.accepts.length).toBeGreaterThan(0)
    for (const name of names) {
      expect(evidence).not.toContain(name)
      expect(evidence).not.toContain(createHash('sha256').update(name).digest('hex'))
    }
    const salts = Object.values(receipt.packages[0]?.salts ?? {})
    const committed = salts.map((salt) => createHash('sha256').update(`${salt}:${names[2]}`).digest('hex'))
    expect(receipt.consent.accepts.map(({ commitment }) => commitment)).toEqual(
      expect.arrayContaining(committed),
    )
  })
})

/** Every file below a folder, its name and its bytes. */
async function texts(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return Promise.all(
    files.map(async (file) => `${file.slice(folder.length)}\n${await readFile(file, 'latin1')}`),
  )
}
