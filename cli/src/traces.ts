import { open, readFile, rm } from 'node:fs/promises'
import { isoTime, RestituteError, shellWord } from '@restitute/core'
import { type Dossier, type LogEntry, logLines } from '@restitute/dossier'
import { canonicalJson, type LedgerEvent } from '@restitute/manifest'
import { contractsEver } from './case.ts'
import { notWritten } from './new-file.ts'
import type { Outcome, Session } from './session.ts'
import { addSignature } from './signed-files.ts'

/** What an extract is told. */
export interface ExtractOptions {
  readonly out: string
  /** ISO 8601: nothing before. */
  readonly since?: string
}

/**
 * Writes the traces of a case for the client (EXI 18): who did what and when, from the ledger and from the technical log, one
 * JSON text a line, and signs them. Persons are the fingerprints that the contract gives. Streams; throws
 * `destination-failed`, also when the file is there.
 */
export async function extractTraces(
  session: Session,
  dossier: Dossier,
  { out, since = '' }: ExtractOptions,
): Promise<Outcome> {
  const key = await session.actor()
  const at = session.clock.now()
  const count = await writeLines(out, traces(dossier, since, at))
  const signature = await addSignature(out, await readFile(out), key, at).catch(async (thrown: unknown) => {
    await rm(out, { force: true }).catch(() => {})
    throw thrown
  })
  return {
    exit: 0,
    json: { file: out, signature, traces: count },
    lines: [
      `${out}  ${count} traces`,
      `signature  ${signature}`,
      `the client checks it with  gpg --verify ${shellWord(signature)} ${shellWord(out)}`,
    ],
  }
}

/** All of them, or no file: half of the traces would look like the whole. */
async function writeLines(out: string, lines: AsyncIterable<object>): Promise<number> {
  const file = await open(out, 'wx', 0o640).catch((cause: unknown) => {
    throw notWritten(out, cause)
  })
  let count = -1
  try {
    await using _closed = file
    for await (const line of lines) {
      await file.appendFile(`${canonicalJson(line)}\n`)
      count += 1
    }
    await file.sync()
  } catch (cause) {
    await rm(out, { force: true }).catch(() => {})
    if (cause instanceof RestituteError) throw cause
    throw notWritten(out, cause)
  }
  return count
}

/** A head line, then events and entries in the order of their times; what happened at one time: the events first. */
async function* traces(dossier: Dossier, since: string, at: Date): AsyncIterable<object> {
  const { terms, ledger, paths } = dossier
  const { reference } = terms.contract
  // Those too who have left since: what they did is among the traces.
  const persons = new Map(contractsEver(dossier).flatMap(({ keys }) => [...keys.persons]))
  const roles = [...persons].map(([fingerprint, { person }]) => ({ fingerprint, roles: person.roles }))
  yield {
    schema: 'restitute/traces/v1',
    createdAt: isoTime(at),
    contract: { reference, sha256: terms.sha256 },
    ...(since === '' ? {} : { since }),
    persons: roles,
    ...(ledger.head() === undefined ? {} : { ledger: ledger.head() }),
  }
  const events = ledger.events().filter((event) => event.at >= since)
  let next = 0
  for await (const { entry } of logLines(paths.log)) {
    if (entry.at < since) continue
    for (; (events[next]?.at ?? '~') <= entry.at; next++) yield eventTrace(events[next])
    yield { trace: 'command', ...(entry satisfies LogEntry) }
  }
  for (const event of events.slice(next)) yield eventTrace(event)
}

function eventTrace(event: LedgerEvent | undefined): object {
  return { trace: 'event', ...event }
}
