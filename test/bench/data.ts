import { createHash, randomFillSync } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const megabyte = 1024 * 1024

/**
 * The data sets of the comparison, each a folder: one letter, which shows what starting and ending cost, small files, CSV,
 * incompressible, and a mix of the last three.
 */
export const dataSets = ['start', 'small', 'csv', 'random', 'mix'] as const

/** One of {@link dataSets}. */
export type DataSet = (typeof dataSets)[number]

/** Generates every data set below `root`; `scale` 1 is about 2.9 GB for the mix. */
export async function generate(root: string, scale: number): Promise<void> {
  await smallFiles(join(root, 'start'), 1)
  await smallFiles(join(root, 'small'), Math.round(10_000 * scale))
  for (let i = 0; i < 8; i++)
    await stream(join(root, 'csv'), `observations-${i}.csv`, Math.round(128 * scale), csvBlock)
  for (let i = 0; i < 16; i++)
    await stream(join(root, 'random'), `image-${i}.raw`, Math.round(100 * scale), randomBlock)
  for (const part of ['small', 'csv', 'random'])
    await cp(join(root, part), join(root, 'mix', part), { recursive: true })
}

/** Letters of 1 to 18 kB, in folders of a hundred. */
export async function smallFiles(folder: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const place = join(folder, String(Math.floor(i / 100)).padStart(3, '0'))
    if (i % 100 === 0) await mkdir(place, { recursive: true })
    await writeFile(join(place, `letter-${i}.txt`), letter(i))
  }
}

function letter(i: number): string {
  const words = createHash('sha256')
    .update(String(i))
    .digest('hex')
    .repeat(2 + (i % 17))
  return words
    .replace(
      /(.{64})/g,
      (_all, block: string) =>
        `Compte rendu ${i} : ${block} sans particularité, contrôle dans ${i % 12} mois.\n`,
    )
    .repeat(8)
}

async function stream(
  folder: string,
  name: string,
  megabytes: number,
  block: (n: number) => Uint8Array,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const out = createWriteStream(join(folder, name))
  for (let n = 0; n < megabytes; n++) if (!out.write(block(n))) await once(out, 'drain')
  out.end()
  await once(out, 'close')
}

function randomBlock(): Uint8Array {
  return randomFillSync(Buffer.allocUnsafe(megabyte))
}

function csvBlock(n: number): Uint8Array {
  const lines: string[] = []
  let bytes = 0
  for (let row = 0; bytes < megabyte; row++) {
    const value = (Math.imul(n * 20_011 + row, 2_654_435_761) >>> 0) / 4096
    const line = `${n * 20_000 + row},2024-${1 + (row % 12)}-${1 + (row % 28)}T08:30:00Z,NA-${row % 300},${value.toFixed(3)},mmol/L,"prélevé, à jeun"\n`
    lines.push(line)
    bytes += Buffer.byteLength(line)
  }
  return Buffer.from(lines.join('')).subarray(0, megabyte)
}
