import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decryptBytes } from '@restitute/seal'
import { challenge } from '../commands/challenge.ts'
import { check } from '../commands/check.ts'
import { inventory } from '../commands/inventory.ts'
import { recordFile } from '../commands/record.ts'
import { sign } from '../commands/sign.ts'
import type { Play } from './play.ts'

/** Contract signed and pinned, recipients challenged, scope countersigned. */
export async function agree({ session, stage, cast, places }: Play): Promise<void> {
  const contract = join(places.dossier, 'contract.yaml')
  stage.step('Host and client sign the contract; the ledger pins it')
  await stage.run('check --contract --dossier host/dossier', check(session, { contractOnly: true }))
  await stage.run('sign host/dossier/contract.yaml --as keys/host.key', sign(cast.as('host'), contract))
  await stage.run(
    'sign host/dossier/contract.yaml --as keys/client-1.key',
    sign(cast.as('client-1'), contract),
  )
  await stage.run(
    'record contract host/dossier/contract.yaml --dossier host/dossier --as keys/operator.key',
    recordFile(cast.as('operator'), { kind: 'contract', file: contract }),
  )
  stage.step('The client proves that both its keys open what is sent to them')
  await stage.run(
    'challenge --out exchanged --dossier host/dossier --as keys/operator.key',
    challenge(cast.as('operator'), { out: places.slips }),
  )
  for (const member of ['client-1', 'client-2'] as const) {
    const answer = join(places.slips, `answer-${member}.json`)
    const message = await readFile(join(places.slips, `challenge-${cast.key(member).fingerprint}.asc`))
    await writeFile(answer, await decryptBytes(message, [cast.key(member)]))
    await stage.run(
      `record challenge exchanged/answer-${member}.json --dossier host/dossier --as keys/operator.key`,
      recordFile(cast.as('operator'), { kind: 'challenge', file: answer }),
    )
  }
  stage.step('Both countersign the scope: what there is, counted')
  const scope = join(places.slips, 'scope-R1.json')
  await stage.run(
    'inventory --scope exchanged/scope-R1.json --dossier host/dossier',
    inventory(session, { sources: [], scope }),
  )
  await stage.run('sign exchanged/scope-R1.json --as keys/host.key', sign(cast.as('host'), scope))
  await stage.run('sign exchanged/scope-R1.json --as keys/client-1.key', sign(cast.as('client-1'), scope))
  await stage.run(
    'record scope exchanged/scope-R1.json --dossier host/dossier --as keys/operator.key',
    recordFile(cast.as('operator'), { kind: 'scope', file: scope }),
  )
}
