import { spawnSync } from 'node:child_process'

/**
 * Whether all these programs are on the machine. Where one is missing: says so in one line, or fails when
 * RESTITUTE_REQUIRE_SERVICES is 1, under which a skip counts as a failure.
 */
export function havePrograms(...names: readonly string[]): boolean {
  const missing = names.filter(
    (name) => spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status !== 0,
  )
  return available(missing.length === 0, `${missing.join(', ')} not found`)
}

/** {@link havePrograms} for anything else that a test needs, for instance shared data. */
export function available(present: boolean, why: string): boolean {
  if (present) return true
  if (process.env['RESTITUTE_REQUIRE_SERVICES'] === '1') throw new Error(`required, but ${why}`)
  console.warn(`skipped: ${why}`)
  return false
}
