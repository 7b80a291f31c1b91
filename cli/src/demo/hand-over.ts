import { deliver } from '../commands/deliver.ts'
import { exportNext } from '../commands/export.ts'
import { liveOn } from './later-life.ts'
import { type Play, packages } from './play.ts'

/** Two passes: while the hospital lives, then what changed; both delivered. */
export async function handOver({ stage, cast, hospital, places }: Play): Promise<void> {
  const options = { sources: [], readBack: 'hash' } as const
  stage.step('First pass: everything is exported while the hospital works')
  await stage.run(
    'export --dossier host/dossier --as keys/operator.key',
    exportNext(cast.as('operator'), options),
  )
  const life = await liveOn(hospital)
  stage.say(
    `meanwhile: ${life.rows} rows changed, ${life.written} documents written, ${life.removed} removed`,
  )
  stage.step('Second pass: the sources are closed to writing; what changed and what is gone')
  await stage.run(
    'export --since R1-0001 --dossier host/dossier --as keys/operator.key',
    exportNext(cast.as('operator'), { ...options, since: packages[0] }),
  )
  stage.step('Delivery to the client')
  await stage.run(
    'deliver --to client --country FR --dossier host/dossier --as keys/operator.key',
    deliver(cast.as('operator'), { to: `directory:${places.client}`, country: 'FR' }),
  )
}
