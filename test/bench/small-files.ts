import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '@restitute/core'
import { openRound, type Round } from './contenders.ts'
import { smallFiles } from './data.ts'
import type { Timing } from './timed.ts'

/*
 * What one small file costs when there are very many: exported, verified and extracted, beside `tar | zstd | gpg` and back.
 * Starting and ending count, too: of 100 000 files they are a small part.
 */

const files = Number(process.env['BENCH_FILES'] ?? '100000')

async function bench(): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'restitute-bench-'))
  try {
    await smallFiles(join(data, 'small'), files)
    await using round = await openRound(data, 'small')
    const rows = await rowsOf(round)
    print(rows)
    const result = { at: new Date().toISOString(), cores: availableParallelism(), files, rows }
    await writeFile('bench-small-files.json', `${JSON.stringify(result, undefined, 2)}\n`)
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

type Row = { readonly task: string; readonly us: Timing; readonly pipeline: Timing }

async function rowsOf(round: Round): Promise<Row[]> {
  return [
    { task: 'export', us: await round.exportByUs(), pipeline: await round.exportByPipeline() },
    { task: 'verify', us: await round.verifyByUs(), pipeline: await round.verifyByPipeline() },
    { task: 'extract', us: await round.extractByUs(), pipeline: await round.extractByPipeline() },
  ]
}

function print(rows: readonly Row[]): void {
  console.log(`${files} files, microseconds for each, by the clock and of all processors`)
  for (const { task, us, pipeline } of rows) {
    const each = ({ wall, cpu }: Timing): string =>
      [wall, cpu].map((seconds) => ((seconds / files) * 1e6).toFixed(0).padStart(5)).join(' ')
    const peak = formatBytes(us.peak)
    console.log(`${task.padEnd(8)} ours ${each(us)}, peak ${peak}; pipeline ${each(pipeline)}`)
  }
}

await bench()
