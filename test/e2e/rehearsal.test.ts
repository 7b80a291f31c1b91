import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { check } from '../../cli/src/commands/check.ts'
import { exportNext } from '../../cli/src/commands/export.ts'
import { keygen } from '../../cli/src/commands/keygen.ts'
import { history, plan, rehearse } from '../../cli/src/commands/rehearse.ts'
import { status } from '../../cli/src/commands/status.ts'
import { verify } from '../../cli/src/commands/verify.ts'
import { keepRehearsing } from '../../cli/src/rehearsal/schedule.ts'
import type { Rehearsal } from '../../packages/manifest/src/index.ts'
import { openCase, pin } from '../support/case.ts'
import { state } from '../support/forms.ts'
import { havePrograms } from '../support/programs.ts'
import { asked, hospital, letters, report } from '../support/rehearsals.ts'

it('goes through the whole chain, leaves a signed report and nothing else', async () => {
  await using c = await hospital()
  const { exit, report: r, path } = await report(c)
  expect(r.failures).toEqual([])
  expect(exit).toBe(0)
  expect(r.passed).toBe(true)
  expect(r.sources.map(({ name, restored }) => [name, restored?.different])).toEqual([
    ['documents', 0],
    ['records', 0],
  ])
  expect(r.sources.every(({ drawn, restored }) => restored?.items === drawn.items)).toBe(true)
  expect(r.controls).toHaveLength(5)
  expect(r.controls.every(({ caught }) => caught)).toBe(true)
  expect(r.verdict).toBe('holds')
  expect(r.deadlines.map(({ name }) => name)).toContain('restitution')
  expect(new Set(r.measurements.map(({ stage }) => stage))).toEqual(
    new Set(
      'read pack compress encrypt write read-back inventory index deliver verify restore compare controls destroy'.split(
        ' ',
      ),
    ),
  )
  expect(new Set(r.timeline?.stages.map(({ stage }) => stage))).toEqual(
    new Set('read pack compress encrypt write read-back deliver verify restore compare'.split(' ')),
  )
  expect(r.destroyed.map(({ state }) => state)).toEqual(['absent', 'absent', 'absent'])
  expect(existsSync(join(c.dossier, 'work', 'rehearsals', 'REH1'))).toBe(false)
  expect(readdirSync(c.vault)).toEqual([])
  const checked = await verify(c.session, { path, packages: [], signers: [] })
  expect(checked.exit).toBe(0)
  expect((await status(c.session)).exit).toBe(0)
})

it('says what a rehearsal would take, counts it, and does not disturb the restitution that follows', async () => {
  await using c = await hospital()
  expect((await plan(c.session, asked)).json['seconds']).toBeUndefined()
  await report(c)
  const { report: second } = await report(c)
  expect(second.name).toBe('REH2')
  expect((await plan(c.session, asked)).json['seconds']).toBeGreaterThan(0)
  const [from, began] = [c.clock.at.getTime(), performance.now()]
  const clock = { now: () => new Date(from + performance.now() - began) }
  await exportNext({ ...c.as('operator'), clock }, { sources: [], readBack: 'hash' })
  const wall = (performance.now() - began) / 1000
  const { json, lines } = await history(c.session)
  expect(json['rehearsals']).toHaveLength(2)
  const tried = json['tried'] as { took: number; forecast: unknown; held: boolean }[]
  expect(tried).toMatchObject([{ package: 'R1-0001', rehearsal: 'REH2' }])
  expect(tried[0]?.took).toBeLessThanOrEqual(wall + 1)
  expect(tried[0]?.forecast).toEqual(second.forecast?.export)
  expect(lines.at(-1)).toMatch(/^R1-0001 took .*; REH2 had said .* to .*: (held|did NOT hold)$/)
})

it.each<[string, (yaml: string) => string, Partial<{ stage: string; source: string }>, Record<string, URL>]>([
  [
    'a link that is too slow',
    (yaml) => `${yaml.replace('restitution: P30D', 'restitution: PT1M')}rehearsal: { link: 1kB/s }\n`,
    { stage: 'delivery' },
    {},
  ],
  [
    'a slowed source',
    (yaml) => yaml.replace(/(name: documents.*) \}/, '$1, rate: 300kB/s }').replace('P30D', 'PT5S'),
    { stage: 'read', source: 'documents' },
    {},
  ],
  [
    'a slowed destination',
    (yaml) => yaml.replace('restitution: P30D', 'restitution: PT3S'),
    { stage: 'write' },
    { workerUrl: new URL('../support/slow-worker.ts', import.meta.url) },
  ],
])(
  '%s: the deadline is not kept, and the bottleneck is named',
  async (_name, contract, bottleneck, parts) => {
    await using c = await hospital(contract)
    const { exit, report: r } = await report(c, undefined, parts)
    expect(r.failures).toEqual([])
    expect(r.forecast?.bottleneck).toMatchObject(bottleneck)
    expect(r.verdict).toBe('does-not-hold')
    expect(exit).toBe(5)
  },
)

it('says what a faster link would give', async () => {
  await using c = await hospital((yaml) => `${yaml}rehearsal: { link: 1kB/s }\n`)
  const { report: r } = await report(c)
  const faster = r.forecast?.instead.find(({ change }) => change === 'twice-the-link')
  const { delivered, delivery } = r.forecast as NonNullable<Rehearsal['forecast']>
  expect(faster?.delivered.estimate).toBeCloseTo(delivered.estimate - delivery.estimate / 2, 3)
})

it('says what the whole would cost, and which indicators of the contract would be kept', async () => {
  await using c = await hospital(
    (yaml) => `${yaml}costs:
  gigabytes: 1
  hours: 2
  rates: [{ for: transfer, cents: 500 }, { for: work, cents: 360000 }, { for: fixed, cents: 1000 }]
  laws: [sren-27]
indicators:
  - { measure: throughput, target: 900GB/s, penalty: { cents: 4200 } }
  - { measure: rehearsal, target: P31D }
`,
  )
  const checked = await check(c.session, { contractOnly: true })
  expect(checked.lines.join('\n')).toContain(
    '7210.00 EUR (transfer 0.00 EUR, free by sren-27; work 7200.00 EUR',
  )
  const { report: r } = await report(c)
  const hours = (r.forecast?.delivered.estimate ?? 0) / 3600
  expect(r.costs?.lines.map(({ cents }) => cents)).toEqual([0, Math.round(hours * 360_000), 1000])
  expect(r.indicators).toMatchObject([
    { measure: 'throughput', kept: false, penaltyCents: 4200 },
    { measure: 'rehearsal', target: 'P31D', penaltyCents: 0 },
  ])
  expect(r.indicators?.[1]?.kept).toBeUndefined()
  const planned = await plan(c.session, asked)
  expect(planned.lines.join('\n')).toContain('would cost about')
})

it('a volume that rots at the destination: the delivery fails and the report says so', async () => {
  await using c = await hospital()
  let harmed = false
  const { exit, report: r } = await report(c, ({ task }) => {
    if (task !== 'deliver' || harmed) return
    harmed = true
    const volumes = join(c.vault, 'REH1-0001', 'volumes')
    const last = readdirSync(volumes).sort().at(-1) ?? ''
    execFileSync('sh', [
      '-c',
      `printf x | dd of='${join(volumes, last)}' bs=1 seek=99 conv=notrunc status=none`,
    ])
  })
  expect(exit).toBe(1)
  expect(r.failures.map(({ step, code }) => [step, code])).toEqual([['deliver', 'invalid']])
  expect(r.forecast).toBeUndefined()
  expect(readdirSync(c.vault)).toEqual([])
})

it.skipIf(process.getuid?.() !== 0 || !havePrograms('mount', 'umount'))(
  'a destination without room: the export fails and the report says so',
  async () => {
    await using c = await hospital()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', c.vault])
    try {
      const { exit, report: r } = await report(c)
      expect(exit).toBe(1)
      expect(r.failures.map(({ step, code }) => [step, code])).toEqual([['export', 'destination-full']])
      expect(readdirSync(c.vault)).toEqual([])
    } finally {
      execFileSync('umount', [c.vault])
    }
  },
)

it('a client key that expires is a defect of the rehearsal, found before it stops the export', async () => {
  await using c = await openCase({
    sources: async (root) => [{ name: 'documents', url: await letters(root) }],
  })
  const life = { name: 'Escrow', email: 'escrow@demo.example', out: join(c.root, 'short'), expires: 'P10D' }
  const made = await keygen(c.session, life)
  await cp(join(c.root, 'short', 'escrow.asc'), join(c.dossier, 'keys', 'client-2.asc'))
  const contract = join(c.dossier, 'contract.yaml')
  const named = (await readFile(contract, 'utf8')).replaceAll(
    c.cast.key('client-2').fingerprint,
    made.json['fingerprint'] as string,
  )
  await writeFile(contract, named)
  await pin(c)
  expect((await report(c)).report.failures).toEqual([])
  c.clock.advance('P11D')
  const { exit, report: r } = await report(c)
  expect(exit).toBe(1)
  expect(r.failures.map(({ step, code }) => [step, code])).toEqual([['keys', 'key-unfit']])
  expect(r.forecast).toBeDefined()
})

it('a key acts under a mandate to rehearse, and under no other', async () => {
  await using c = await hospital()
  const folder = join(c.root, 'robot')
  await keygen(c.session, { name: 'Scheduler', email: 'robot@host.example', out: folder })
  const robot = await c.session.privateKey(join(folder, 'robot.key'))
  const unattended = { ...c.session, actor: async () => robot }
  const mandate = async (commands: string): Promise<void> =>
    state(c, 'operator', 'mandate', { key: join(folder, 'robot.asc'), commands, text: 'monthly rehearsals' })
  await mandate('export,deliver')
  await expect(rehearse(unattended, asked)).rejects.toMatchObject({
    code: 'guard-refused',
    details: { guard: 'mandate' },
  })
  expect(existsSync(join(c.dossier, 'work', 'rehearsals'))).toBe(false)
  c.clock.advance('PT1H')
  await mandate('rehearse')
  const { exit, json } = await rehearse(unattended, asked)
  expect(exit).toBe(0)
  const checked = await verify(c.session, { path: json['report'] as string, packages: [], signers: [] })
  expect(checked.exit).toBe(0)
})

it('the scheduler catches up what was missed, once, writes the figures for alarms, and stops when told to', async () => {
  await using c = await hospital(
    (yaml) => `${yaml}rehearsal: { cron: "0 2 1 * *", sample: 20%, jitter: PT1M }\n`,
  )
  await report(c)
  c.clock.advance('P70D')
  const stop = new AbortController()
  const notes: string[] = []
  const note = (line: string): void => {
    notes.push(line)
    if (line.startsWith('the next')) stop.abort()
  }
  const session = { ...c.as('operator'), note, signal: stop.signal }
  const metrics = join(c.root, 'restitute.prom')
  const { exit, json } = await keepRehearsing(session, { sources: [], workers: 2, metrics })
  expect({ exit, ...json }).toEqual({ exit: 0, missed: 1, failed: 0, done: 1 })
  expect(notes.filter((line) => line.startsWith('REH'))).toEqual(['REH2: passed, holds'])
  const figures = await readFile(metrics, 'utf8')
  expect(figures).toContain('restitute_rehearsal_passed{contract="TEST-1"} 1\n')
  expect(figures).toContain('restitute_rehearsal_missed_total{contract="TEST-1"} 1\n')
  expect(figures).toMatch(/restitute_rehearsal_next_timestamp_seconds\{contract="TEST-1"\} \d{10}\n/)
})

it('a scheduler whose figures cannot be written says so at the start; later it goes on without them', async () => {
  await using c = await hospital((yaml) => `${yaml}rehearsal: { cron: "0 2 1 * *", sample: 20% }\n`)
  await report(c)
  c.clock.advance('P70D')
  const stop = new AbortController()
  const folder = join(c.root, 'figures')
  const notes: string[] = []
  const note = (line: string): void => {
    notes.push(line)
    if (line.includes('was missed')) rmSync(folder, { recursive: true })
    if (line.startsWith('the next')) stop.abort()
  }
  const session = { ...c.as('operator'), note, signal: stop.signal }
  const options = { sources: [], workers: 2, metrics: join(folder, 'restitute.prom') }
  const refused = { code: 'destination-failed', message: expect.stringContaining(options.metrics) }
  await expect(keepRehearsing(session, options)).rejects.toMatchObject(refused)
  expect(notes).toEqual([])
  await mkdir(folder)
  expect((await keepRehearsing(session, options)).json).toEqual({ missed: 1, failed: 0, done: 1 })
  expect(notes).toContainEqual(expect.stringMatching(/^the figures for alarms are not up to date: .*ENOENT/))
})
