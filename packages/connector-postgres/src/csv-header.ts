import { RestituteError } from '@restitute/core'

const longestHeader = 4 * 1024 * 1024

/** The names in the first row of CSV, and all its bytes again as a stream: the header is left in. */
export async function withHeader(
  content: AsyncIterable<Uint8Array>,
  textOf: (bytes: Buffer) => string,
): Promise<{ names: string[]; content: AsyncIterable<Uint8Array> }> {
  const source = content[Symbol.asyncIterator]()
  const seen: Uint8Array[] = []
  for (;;) {
    const next = await source.next()
    if (!next.done) seen.push(next.value)
    const head = Buffer.concat(seen)
    const names = headerOf(textOf(head))
    if (names) return { names, content: followed(seen, source) }
    if (next.done || head.length > longestHeader) {
      throw new RestituteError('hostile-input', 'csv: expected a row of names first, got other content')
    }
  }
}

async function* followed(
  seen: readonly Uint8Array[],
  source: AsyncIterator<Uint8Array>,
): AsyncIterable<Uint8Array> {
  yield* seen
  for (let next = await source.next(); !next.done; next = await source.next()) yield next.value
}

/** Undefined while the row has not ended. */
function headerOf(text: string): string[] | undefined {
  const names: string[] = []
  const cell = /(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/y
  for (let found = cell.exec(text); found; found = cell.exec(text)) {
    names.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '')
    if (found[3] === '\n') return names.length === 1 && names[0] === '' ? [] : names
  }
  return undefined
}
