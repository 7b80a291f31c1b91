import { existsSync } from 'node:fs'
import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { formatBytes, formatSeconds, RestituteError } from '@restitute/core'
import { type CommandDefinition, given } from '../command.ts'
import { agree } from '../demo/agree.ts'
import { gatherCast } from '../demo/cast.ts'
import { demoClock } from '../demo/clock.ts'
import { demoContract } from '../demo/contract.ts'
import { destroyAndCertify } from '../demo/end.ts'
import { handOver } from '../demo/hand-over.ts'
import { generateHospital } from '../demo/hospital.ts'
import { makePlaces, type Play } from '../demo/play.ts'
import { receive } from '../demo/receive.ts'
import { openStage } from '../demo/stage.ts'
import { tamper } from '../demo/tamper.ts'
import type { Outcome, Session } from '../session.ts'
import { init } from './init.ts'

const size = { seed: 2026, patients: 2000, documents: 1500 } as const

/** What `demo` is told. */
export interface DemoOptions {
  /** Folder to use and keep; must be absent or empty. Default: a new one for temporary files. */
  readonly keep?: string
}

/** The whole life of a contract on a generated hospital, by the same code as the real commands. */
export async function demo(session: Session, options: DemoOptions): Promise<Outcome> {
  const began = Date.now()
  const root = await emptyFolder(options.keep)
  const play = await setTheStage(session, root)
  await agree(play)
  await handOver(play)
  await receive(play)
  const { certificate, pages } = await destroyAndCertify(play)
  await tamper(play, certificate)
  return curtain(play, root, { certificate, pages }, (Date.now() - began) / 1000)
}

async function emptyFolder(keep: string | undefined): Promise<string> {
  if (keep === undefined) return mkdtemp(join(tmpdir(), 'restitute-demo-'))
  if (existsSync(keep) && (await readdir(keep)).length > 0) {
    throw new RestituteError('target-not-empty', `demo: ${keep} is not empty`, {
      hint: 'the demonstration destroys only what it made itself',
    })
  }
  return resolve(keep)
}

async function setTheStage(session: Session, root: string): Promise<Play> {
  const clock = demoClock()
  const timed = { ...session, clock }
  const places = await makePlaces(root)
  const stage = openStage(session, root)
  session.note(`in ${root}: paths below are relative to it`)
  stage.step('A synthetic hospital, generated from a seed')
  const hospital = await generateHospital(join(root, 'host', 'ehr'), size)
  stage.say(`${hospital.rows} rows, ${hospital.files} documents, ${formatBytes(hospital.bytes)}`)
  stage.step('Keys for everybody, and a dossier')
  await init(timed, { dir: places.dossier, sources: [], clients: [] })
  const inDossier = { ...timed, dossierDir: places.dossier }
  const cast = await gatherCast(inDossier, places.keys, join(places.dossier, 'keys'))
  await writeFile(
    join(places.dossier, 'contract.yaml'),
    demoContract({ ...hospital, vault: places.vault }, (member) => cast.key(member).fingerprint),
  )
  return { session: inDossier, stage, clock, cast, hospital, places }
}

function curtain(
  play: Play,
  root: string,
  end: { certificate: string; pages: readonly string[] },
  seconds: number,
): Outcome {
  const where = {
    packages: join(root, 'client'),
    receipt: join(play.places.client, 'receipt-R1.json'),
    certificate: end.certificate,
    ledger: join(play.places.dossier, 'ledger.jsonl'),
  }
  const short = (title: string, ...paths: readonly string[]): string[] =>
    paths.map((path, i) => `  ${(i === 0 ? title : '').padEnd(12)} ${relative(root, path)}`)
  return {
    exit: 0,
    json: { folder: root, ...where, pages: end.pages, proved: play.stage.results(), seconds },
    lines: [
      '',
      'What was proved:',
      ...play.stage.results().map((line) => `  – ${line}`),
      '',
      `In ${root}, after ${formatSeconds(seconds)}:`,
      ...short('packages', join(where.packages, 'R1-*')),
      ...short('receipt', where.receipt),
      ...short('certificate', end.certificate, ...end.pages),
      ...short('ledger', where.ledger),
      ...short('keys', join(root, 'keys')),
      '',
      `Try: cd ${root}`,
      '     restitute list client/R1-0001 --key keys/client-1.key --signer keys/operator.asc',
      '     less client/R1-0001/README.md   # how to open it without Restitute',
    ],
  }
}

/** `restitute demo`. */
export const demoCommand: CommandDefinition = {
  name: 'demo',
  args: '',
  summary: 'the whole life of a contract on generated hospital data, in under a minute',
  options: [
    { flags: '--keep <dir>', description: 'folder to use (default: a new temporary one); it is kept' },
  ],
  examples: ['restitute demo', 'restitute demo --keep /tmp/demo'],
  run: (session, _args, options) => demo(session, given(options, 'keep')),
}
