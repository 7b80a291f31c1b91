import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportNext } from '../../cli/src/commands/export.ts'
import { rehearseOnce } from '../../cli/src/rehearsal/rehearse.ts'
import { startPostgres, systemPrograms } from '../services/postgres.ts'
import { type Case, type CaseSource, openCase, pin } from '../support/case.ts'
import { forget } from './contenders.ts'
import { generate } from './data.ts'

/*
 * How often does the interval of a 5 % rehearsal hold the full export beside it? Full exports and pairs of rehearsals take
 * turns, so that all meet the same load; each rehearsal is compared with the full export right before or after it. A
 * full export before all of them does not count. The scatter of the full exports among themselves is told, too.
 *   node test/bench/rehearsal.ts files|postgres [trials]
 * BENCH_SCALE=1 (the default) is 2.9 GB of files, or a database of about 2.4 GB. The table is written after every pair: it may be stopped.
 */
const [kind = 'files', typed = '20'] = process.argv.slice(2)
const trials = Number(typed)
const fullEvery = 2
const scale = Number(process.env['BENCH_SCALE'] ?? 1)

/** Letters, CSV and images, or a database of pgbench. */
async function source(root: string): Promise<{ source: CaseSource; end: () => Promise<void> }> {
  if (kind === 'files') {
    await generate(root, scale)
    return { source: { name: 'tree', url: `files:${join(root, 'mix')}` }, end: async () => {} }
  }
  const server = await startPostgres()
  const programs = systemPrograms()
  if (!server || programs === undefined) throw new Error('needs PostgreSQL')
  const at = ['-h', server.host, '-p', String(server.port), '-U', server.user]
  execFileSync(join(programs, 'createdb'), [...at, 'bench'])
  execFileSync(
    join(programs, 'pgbench'),
    [...at, '-q', '-i', '-s', String(Math.ceil(162 * scale)), 'bench'],
    {
      stdio: 'ignore',
    },
  )
  const url = `postgres://${server.user}@${server.host}:${server.port}/bench`
  return { source: { name: 'records', url }, end: async () => server[Symbol.asyncDispose]() }
}

async function fullExport(c: Case): Promise<number> {
  await forget(c)
  const started = performance.now()
  await exportNext(c.as('operator'), { sources: [], readBack: 'hash' })
  const seconds = (performance.now() - started) / 1000
  await forget(c)
  console.log(`full export: ${seconds.toFixed(1)} s`)
  return seconds
}

interface Trial {
  readonly low: number
  readonly estimate: number
  readonly high: number
  readonly passed: boolean
  readonly restored: string
  readonly seconds: number
}

async function rehearsal(c: Case): Promise<Trial> {
  const started = performance.now()
  const { report } = await rehearseOnce(c.as('operator'), { sources: [], sample: '5%' })
  const seconds = (performance.now() - started) / 1000
  const { low, estimate, high } = report.forecast?.export ?? { low: 0, estimate: 0, high: 0 }
  const [one] = report.sources
  const restored = one?.restored ? `${one.restored.different} different` : (one?.notRestored ?? 'no')
  console.log(
    `${estimate.toFixed(1)} s (${low.toFixed(1)} to ${high.toFixed(1)}), took ${seconds.toFixed(1)} s, ${restored}`,
  )
  for (const failure of report.failures) console.log(`  FAILED ${failure.step}: ${failure.message}`)
  return { low, estimate, high, passed: report.passed, restored, seconds }
}

interface Compared {
  readonly trial: Trial
  readonly full: number
}

async function tell(results: readonly Compared[], fulls: readonly number[]): Promise<void> {
  const held = results.filter(({ trial, full }) => full >= trial.low && full <= trial.high).length
  const off = results.map(({ trial, full }) => trial.estimate / full).toSorted((x, y) => x - y)
  const mean = fulls.reduce((sum, one) => sum + one, 0) / fulls.length
  const scatter = Math.sqrt(fulls.reduce((sum, one) => sum + (one / mean - 1) ** 2, 0) / (fulls.length - 1))
  console.log(
    `${kind}: the interval held in ${held} of ${results.length}; estimate ÷ full run: median ${off[off.length >> 1]?.toFixed(2)}, ${off[0]?.toFixed(2)} to ${off.at(-1)?.toFixed(2)}; full exports ${fulls.map((s) => s.toFixed(1)).join(', ')} s, scatter ${(scatter * 100).toFixed(0)} %`,
  )
  const table = {
    at: new Date().toISOString(),
    cores: availableParallelism(),
    kind,
    held,
    scatter,
    results,
    fulls,
  }
  await writeFile(`bench-rehearsal-${kind}.json`, `${JSON.stringify(table, undefined, 2)}\n`)
}

const root = await mkdtemp(join(tmpdir(), 'restitute-bench-'))
const made = await source(root)
try {
  await using c = await openCase({ sources: async () => [made.source] })
  await pin(c)
  await fullExport(c)
  const fulls = [await fullExport(c)]
  const results: Compared[] = []
  for (let done = 0; done < trials; done += fullEvery) {
    const some: Trial[] = []
    for (let i = done; i < Math.min(trials, done + fullEvery); i++) some.push(await rehearsal(c))
    const full = await fullExport(c)
    const nearest = (i: number): number => (i < some.length / 2 ? (fulls.at(-1) ?? full) : full)
    results.push(...some.map((trial, i) => ({ trial, full: nearest(i) })))
    fulls.push(full)
    await tell(results, fulls)
  }
} finally {
  await made.end()
  await rm(root, { recursive: true, force: true })
}
