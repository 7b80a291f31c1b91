import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const sample = join(import.meta.dirname, 'sample-program.ts')

/** A folder that is removed when the scope ends. */
export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'restitute-program-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** An executable file with a shell script. */
export function script(folder: string, text: string, name = 'program'): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o700)
  return path
}

/** The sample program as an executable file. */
export function sampleProgram(folder: string): string {
  return script(folder, `exec '${process.execPath}' --disable-warning=ExperimentalWarning '${sample}' "$@"`)
}
