import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '@restitute/core'
import { openRound } from './contenders.ts'
import { type DataSet, dataSets, generate } from './data.ts'
import { type Stage, shareReached, stages, sumOf } from './stages.ts'
import type { Timing } from './timed.ts'

const scale = Number(process.env['BENCH_SCALE'] ?? '1')
const repeats = Number(process.env['BENCH_REPEATS'] ?? '3')

/** One line of the table: us against the pipeline, alternating in the same run; the median of the ratios counts. */
interface Row {
  readonly set: DataSet
  /** `kept`: the same export against a pipeline that flushes and reads back, too. */
  readonly task: 'export' | 'kept' | 'verify'
  readonly us: Timing
  readonly pipeline: Timing
  /** Pipeline's wall time ÷ ours: above 1, we are faster. */
  readonly ratio: number
  /** The same of processor time, which others on the machine disturb less. */
  readonly cpuRatio: number
}

async function bench(): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'restitute-bench-'))
  try {
    await generate(data, scale)
    const rows: Row[] = []
    for (const set of dataSets) rows.push(...(await compare(data, set)))
    print(rows)
    const sums: Sum[] = []
    for (const set of dataSets)
      sums.push(...sumsOf(set, await stages(join(data, set)), await bytesIn(join(data, set)), rows))
    printSums(sums)
    await writeFile(
      'bench.json',
      `${JSON.stringify({ at: new Date().toISOString(), cores: availableParallelism(), scale, repeats, rows, sums }, undefined, 2)}\n`,
    )
  } finally {
    await rm(data, { recursive: true, force: true })
  }
}

async function compare(data: string, set: DataSet): Promise<Row[]> {
  await using round = await openRound(data, set)
  return [
    await alternate(set, 'export', round.exportByUs, round.exportByPipeline),
    await alternate(set, 'kept', round.exportByUs, round.exportByPipelineKept),
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
  return { set, task, us, pipeline, ratio: pipeline.wall / us.wall, cpuRatio: pipeline.cpu / us.cpu }
}

/** What the stages of a task cost together, and how near the whole program comes to them with all cores (R60, R63). */
interface Sum {
  readonly set: DataSet
  readonly task: Row['task']
  readonly stages: readonly Stage[]
  /** Processor nanoseconds for each byte of plaintext, all stages together. */
  readonly nanoseconds: number
  /** Bytes of plaintext per second of the whole program ÷ (cores ÷ the stages' time per byte): R60 asks for 0.9. */
  readonly share: number
}

function sumsOf(set: DataSet, all: readonly Stage[], bytes: number, rows: readonly Row[]): Sum[] {
  return rows
    .filter((row) => row.set === set && row.task !== 'kept')
    .map(({ task, us }) => {
      const own = all.filter((stage) => stage.of === task)
      const share = shareReached(own, bytes, us.wall)
      return { set, task, stages: own, nanoseconds: sumOf(own), share }
    })
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  return bytes
}

function printSums(sums: readonly Sum[]): void {
  console.log(
    '\nset     task     processor ns per byte of plaintext, each stage alone; then the whole against them',
  )
  for (const { set, task, stages: own, nanoseconds, share } of sums) {
    const parts = own.map((one) => `${one.stage} ${one.nanoseconds.toFixed(2)}`).join(', ')
    console.log(
      `${set.padEnd(7)}  ${task.padEnd(8)} ${parts}; together ${nanoseconds.toFixed(2)}; reached ${share.toFixed(2)}`,
    )
  }
}

function print(rows: readonly Row[]): void {
  console.log('set     task     ours: wall    cpu     peak      pipeline: wall    cpu     ratio  of cpu')
  for (const { set, task, us, pipeline, ratio, cpuRatio } of rows) {
    const cells = [
      set.padEnd(7),
      task.padEnd(8),
      seconds(us.wall),
      seconds(us.cpu),
      formatBytes(us.peak).padStart(10),
      seconds(pipeline.wall),
      seconds(pipeline.cpu),
      ratio.toFixed(2).padStart(8),
      cpuRatio.toFixed(2).padStart(6),
    ]
    console.log(cells.join('  '))
  }
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`.padStart(9)
}

await bench()
