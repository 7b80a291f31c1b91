import { type Extent, RestituteError } from '@restitute/core'
import type { ChunkReader } from './chunk-reader.ts'
import { block, dataBytes, extentsProblem, mostExtents } from './extents.ts'

/** A sparse file as it stands in a tar (GNU sparse format 1.0): a map, then the data of its stretches. */
export interface SparseForm {
  /** Bytes of the file, holes included. */
  readonly size: number
  /** Bytes of map and data. */
  readonly stored: number
}

const longestNumber = 16
const decimal = /^(0|[1-9]\d*)$/

/**
 * The map of a sparse file: decimal numbers, one a line, in whole blocks: how many stretches, then offset and length of
 * each. A hole at the end is told by an empty stretch after it.
 */
export function sparseMap(extents: readonly Extent[], size: number): Buffer {
  const last = extents.at(-1)
  const ends = last !== undefined && last.offset + last.length === size
  const all = ends ? extents : [...extents, { offset: size, length: 0 }]
  const text = `${all.length}\n${all.map((e) => `${e.offset}\n${e.length}\n`).join('')}`
  const map = Buffer.alloc(Math.ceil(text.length / block) * block)
  map.write(text, 'latin1')
  return map
}

/**
 * Reads a map from the beginning of an entry's content, as hostile input: `hostile-input` unless it is one that
 * {@link sparseMap} could have made of stretches that the rest of the content fills. `name` is for messages.
 */
export async function readSparseMap(
  content: ChunkReader,
  form: SparseForm,
  name: string,
): Promise<readonly Extent[]> {
  const { numbers, bytes } = await readNumbers(content, name)
  const extents: Extent[] = []
  for (let i = 1; i + 1 < numbers.length; i += 2) {
    extents.push({ offset: numbers[i] ?? 0, length: numbers[i + 1] ?? 0 })
  }
  const data = extents.filter(({ length }) => length > 0)
  const problem = extentsProblem(extents, form.size) ?? mapProblem(extents, data, form)
  if (problem) throw hostile(name, `the stretches of a sparse file ${problem}`)
  if (bytes + dataBytes(data) !== form.stored)
    throw hostile(name, 'a sparse file has more or less than its map')
  return data
}

function mapProblem(
  extents: readonly Extent[],
  data: readonly Extent[],
  { size }: SparseForm,
): string | undefined {
  const last = extents.at(-1)
  if (!last || last.offset + last.length !== size) return 'do not reach its end'
  if (extents.slice(0, -1).some(({ length }) => length === 0)) return 'are empty'
  if (data.slice(0, -1).some(({ length }) => length % block > 0)) return 'have no whole blocks'
  return undefined
}

/** The count, then twice as many numbers. */
async function readNumbers(
  content: ChunkReader,
  name: string,
): Promise<{ readonly numbers: readonly number[]; readonly bytes: number }> {
  const numbers: number[] = []
  let bytes = 0
  let rest = ''
  for (let wanted = 1; numbers.length < wanted; wanted = 1 + 2 * (numbers[0] ?? 0)) {
    const lines = `${rest}${await readBlock(content, name)}`.split('\n')
    bytes += block
    rest = lines.pop() ?? ''
    for (const line of lines) numbers.push(numberOf(line, name))
    if ((numbers[0] ?? 0) > mostExtents + 1) throw hostile(name, 'a sparse file has too many stretches')
    if (numbers.length < wanted && rest.length > longestNumber) throw hostile(name, 'a sparse map is unclear')
  }
  if (numbers.length !== 1 + 2 * (numbers[0] ?? 0) || !/^\0*$/.test(rest))
    throw hostile(name, 'a sparse map is unclear')
  return { numbers, bytes }
}

async function readBlock(content: ChunkReader, name: string): Promise<string> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of content.take(block)) {
    pieces.push(piece)
    length += piece.length
  }
  if (length < block) throw hostile(name, 'a sparse map has no end')
  return Buffer.concat(pieces).toString('latin1')
}

function numberOf(line: string, name: string): number {
  const number = Number(line)
  if (line.length > longestNumber || !decimal.test(line) || !Number.isSafeInteger(number))
    throw hostile(name, 'a sparse map is unclear')
  return number
}

function hostile(name: string, what: string): RestituteError {
  return new RestituteError('hostile-input', `${name}: ${what}`)
}
