import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '@restitute/core'
import { openCase, pin } from '../support/case.ts'
import { exportCommand } from './contenders.ts'
import { timed } from './timed.ts'

// `node test/bench/memory.ts [<kind>…]`: the largest resident set of an export must not depend on the data (R61).

const gibibyte = 2 ** 30
const bytes = 20 * gibibyte
const tinyFiles = 1_000_000
const batch = 1000

const kinds: Readonly<Record<string, (folder: string) => Promise<void>>> = { sparse, dense, tiny, flat }

/** A file that is all hole but for its end. */
async function sparse(folder: string): Promise<void> {
  await using file = await open(join(folder, 'sparse.img'), 'w')
  await file.write('end', bytes - 3)
}

/** A file without holes, which compresses well so that the package stays small. */
async function dense(folder: string): Promise<void> {
  const out = createWriteStream(join(folder, 'dense.log'))
  const block = Buffer.alloc(2 ** 20, '2026-01-01T00:00:00Z observation NA-17 138.2 mmol/L\n')
  for (let at = 0; at < bytes; at += block.length) if (!out.write(block)) await once(out, 'drain')
  out.end()
  await once(out, 'close')
}

/** A thousand in each folder. */
async function tiny(folder: string): Promise<void> {
  await tinyIn(async (number) => {
    const place = join(folder, String(number).padStart(4, '0'))
    await mkdir(place)
    return place
  })
}

/** All in one folder. */
function flat(folder: string): Promise<void> {
  return tinyIn(async () => folder)
}

/** A million, each batch of them in the folder that `placeOf` gives. */
async function tinyIn(placeOf: (batch: number) => Promise<string>): Promise<void> {
  for (let i = 0; i < tinyFiles; i += batch) {
    const place = await placeOf(i / batch)
    const names = Array.from({ length: batch }, (_, n) => `note-${i + n}.txt`)
    await Promise.all(names.map((name) => writeFile(join(place, name), `${name}\n`)))
  }
}

async function measure(kind: string): Promise<void> {
  const make = kinds[kind]
  if (!make) throw new Error(`expected ${Object.keys(kinds).join(', ')}, got ${kind}`)
  await using c = await openCase({
    sources: async (root) => {
      const folder = join(root, 'source')
      await mkdir(folder)
      await make(folder)
      return [{ name: kind, url: `files:${folder}` }]
    },
  })
  await pin(c)
  const { peak, wall, cpu } = await timed(exportCommand(c), c.root)
  const allowed = (150 + 300 * availableParallelism()) * 1e6
  const figures = `${wall.toFixed(0)} s, ${cpu.toFixed(0)} s of processor`
  console.log(`${kind}: ${formatBytes(peak)} resident of ${formatBytes(allowed)} allowed; ${figures}`)
  await rm(join(c.root, 'source'), { recursive: true })
}

const asked = process.argv.slice(2)
for (const kind of asked.length > 0 ? asked : Object.keys(kinds)) await measure(kind)
