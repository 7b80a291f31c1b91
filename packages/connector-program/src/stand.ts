import { createHash } from 'node:crypto'
import { asRestituteError, type SourceSpec } from '@restitute/core'
import { openExporter } from './exporter.ts'

/** How a system stands, by the marks that its program tells; nothing where the account that asks may not read it. */
export async function standOf(source: SourceSpec, signal: AbortSignal): Promise<string | undefined> {
  try {
    await using exporter = await openExporter(source, signal)
    const hash = createHash('sha256')
    for await (const { id, mark, bytes, count, digest } of exporter.inventory(signal))
      hash.update(`${JSON.stringify([id, mark, bytes, count, digest])}\n`)
    return hash.digest('hex')
  } catch (thrown) {
    if (asRestituteError(thrown).code === 'interrupted') throw thrown
    return undefined
  }
}
