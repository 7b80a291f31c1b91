import { appendFile, mkdir, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { systemCode } from '@restitute/core'
import type { Sha256 } from '@restitute/manifest'
import type { PartialResults, SoundVolume } from '@restitute/verify'

/**
 * Partial results of the verification of one package, in the user's own state folder and never beside the package,
 * which may lie on a medium that cannot or must not be written to: `$XDG_STATE_HOME/restitute/verify/<digest of the
 * manifest>.jsonl`, one volume per line, without any name from inside the package. What is trusted of it is said at
 * {@link PartialResults}. Without `resume` whatever was there is forgotten. Where nothing can be written nothing is
 * kept, and `note` says so once.
 */
export async function keptResults(
  manifestSha256: Sha256,
  resume: boolean,
  note: (line: string) => void,
): Promise<PartialResults> {
  const path = join(stateFolder(), 'restitute', 'verify', `${manifestSha256}.jsonl`)
  if (!resume) await rm(path, { force: true }).catch(() => {})
  const known = new Set(resume ? await linesOf(path) : [])
  let failed = false
  return {
    has: (volume) => known.has(lineOf(volume)) || known.has(lineOf({ ...volume, depth: 'inside' })),
    async add(volume) {
      if (failed) return
      failed = !(await append(path, lineOf(volume), note))
    },
    end: () => rm(path, { force: true }).catch(() => {}),
  }
}

function stateFolder(): string {
  const named = process.env['XDG_STATE_HOME'] ?? ''
  return isAbsolute(named) ? named : join(homedir(), '.local', 'state')
}

function lineOf({ name, bytes, sha256, mark, depth }: SoundVolume): string {
  return JSON.stringify([name, bytes, sha256, mark, depth])
}

async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8').catch(() => '')).split('\n')
}

/** A line that a kill cut short equals none, and the newline before the next one keeps them apart. */
async function append(path: string, line: string, note: (line: string) => void): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await appendFile(path, `\n${line}`, { mode: 0o600 })
    return true
  } catch (thrown) {
    note(`partial results cannot be kept in ${dirname(path)} (${systemCode(thrown) ?? 'unknown reason'})`)
    return false
  }
}
