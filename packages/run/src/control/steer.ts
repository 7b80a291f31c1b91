import { setTimeout as sleep } from 'node:timers/promises'
import { RestituteError } from '@restitute/core'
import { journalPath, writeDatabase } from '../journal/database.ts'
import { type Control, changeControl } from './control.ts'
import { type RunState, readRun, runningExports } from './run-state.ts'

const patienceMs = 20_000
const pollMs = 200

/**
 * Asks something of the export that runs with this work folder; resolves once it is in force. Volumes in hand obey,
 * too. Throws `not-found` when none runs or it ended meanwhile, `interrupted`.
 */
export async function steerExport(
  workDir: string,
  change: (control: Control) => Pick<Control, 'paused' | 'limits'>,
  signal: AbortSignal,
): Promise<RunState> {
  const [running] = runningExports(workDir)
  if (!running) throw noneRuns()
  using db = writeDatabase(journalPath(workDir, running.package))
  const { revision } = changeControl(db, change)
  for (let waited = 0; waited < patienceMs; waited += pollMs) {
    const state = readRun(db)
    if (!state) throw noneRuns()
    if (state.revision >= revision) return state
    await sleep(pollMs, undefined, { signal })
  }
  throw new RestituteError(
    'worker-gone',
    `export ${running.package}: process ${running.pid} does not answer`,
    {
      hint: 'it obeys as soon as it can; restitute status shows whether it lives',
    },
  )
}

function noneRuns(): RestituteError {
  return new RestituteError('not-found', 'no export is running in this dossier', {
    hint: 'an export that is started again takes up its terms from the contract',
  })
}
