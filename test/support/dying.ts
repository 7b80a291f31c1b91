import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Variation } from './export.ts'
import { eventually } from './wait.ts'

/** An export one of whose threads ends in the middle of a shard, once `before` has been done. */
export function dyingDuring(
  folder: string,
  before: () => Promise<unknown>,
): { readonly variation: Variation; readonly died: Promise<void> } {
  const marker = join(folder, 'dying')
  process.env['RESTITUTE_TEST_DYING'] = marker
  const died = eventually(async () => (existsSync(marker) ? true : undefined))
    .then(before)
    .then(() => writeFile(`${marker}.now`, ''))
  return { variation: { workerUrl: new URL('./dying-worker.ts', import.meta.url) }, died }
}
