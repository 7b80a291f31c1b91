import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '@restitute/core'
import { openRound } from './contenders.ts'
import { type DataSet, dataSets, generate } from './data.ts'
import type { Timing } from './timed.ts'

const scale = Number(process.env['BENCH_SCALE'] ?? '1')
const repeats = Number(process.env['BENCH_REPEATS'] ?? '3')

/** One line of the table: us against the pipeline, alternating in the same run; the median of the ratios counts. */
interface Row {
  readonly set: DataSet
  readonly task: 'export' | 'verify'
  readonly us: Timing
  readonly pipeline: Timing
  /** Pipeline's wall time ÷ ours: above 1, we are faster. */
  readonly ratio: number
}

async function bench(): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'restitute-bench-'))
  try {
    await generate(data, scale)
    const rows: Row[] = []
    for (const set of dataSets) rows.push(...(await compare(data, set)))
    print(rows)
    await writeFile(
      'bench.json',
      `${JSON.stringify({ at: new Date().toISOString(), cores: availableParallelism(), scale, repeats, rows }, undefined, 2)}\n`,
    )
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

async function compare(data: string, set: DataSet): Promise<Row[]> {
  await using round = await openRound(data, set)
  return [
    await alternate(set, 'export', round.exportByUs, round.exportByPipeline),
    await alternate(set, 'verify', round.verifyByUs, round.verifyByPipeline),
  ]
}

async function alternate(
  set: DataSet,
  task: Row['task'],
  ours: () => Promise<Timing>,
  theirs: () => Promise<Timing>,
): Promise<Row> {
  const pairs: [Timing, Timing][] = []
  for (let i = 0; i < repeats; i++) pairs.push([await ours(), await theirs()])
  pairs.sort(([a, b], [c, d]) => b.wall / a.wall - d.wall / c.wall)
  const [us, pipeline] = pairs[pairs.length >> 1] ?? (pairs[0] as [Timing, Timing])
  return { set, task, us, pipeline, ratio: pipeline.wall / us.wall }
}

function print(rows: readonly Row[]): void {
  console.log('set     task     ours: wall    cpu     peak      pipeline: wall    cpu     ratio')
  for (const { set, task, us, pipeline, ratio } of rows) {
    const cells = [
      set.padEnd(7),
      task.padEnd(8),
      seconds(us.wall),
      seconds(us.cpu),
      formatBytes(us.peak).padStart(10),
      seconds(pipeline.wall),
      seconds(pipeline.cpu),
      ratio.toFixed(2).padStart(8),
    ]
    console.log(cells.join('  '))
  }
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`.padStart(9)
}

await bench()
