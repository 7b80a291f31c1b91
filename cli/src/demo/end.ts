import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import { asRestituteError, RestituteError } from '@restitute/core'
import { authorise } from '../commands/authorise.ts'
import { certify } from '../commands/certify.ts'
import { destroy } from '../commands/destroy.ts'
import { recordFile } from '../commands/record.ts'
import { sign } from '../commands/sign.ts'
import type { Outcome } from '../session.ts'
import type { Play } from './play.ts'

/** Too early, then with every guard: notice, floors, two authorisers, the verifier's look, destruction, certificate. */
export async function destroyAndCertify(
  play: Play,
): Promise<{ certificate: string; pages: readonly string[] }> {
  const { stage, clock, cast } = play
  const operator = cast.as('operator')
  await giveNotice(play)
  const confirm = await authoriseAndSee(play)
  stage.step('Destroying now would be too early: the guards refuse')
  await refused(play, 'floors', destroy(operator, { execute: true, see: false, confirm }))
  clock.advance('P22D')
  stage.say('… 22 days later (the demonstration moves its own clock)')
  stage.step('One value changed after the last package: the guards refuse again')
  await refuseChanged(play, confirm)
  stage.step('Every guard holds: the copies are destroyed')
  const typed = confirm.map((pair) => `--confirm ${pair}`).join(' ')
  await stage.run(
    `destroy --execute ${typed} --dossier host/dossier --as keys/operator.key`,
    destroy(operator, { execute: true, see: false, confirm }),
  )
  return certifyTwice(play)
}

async function giveNotice({ stage, cast, places }: Play): Promise<void> {
  const operator = cast.as('operator')
  stage.step('The receipt and the erasure notice enter the ledger')
  await stage.run(
    'record receipt client/receipt-R1.json --dossier host/dossier --as keys/operator.key',
    recordFile(operator, { kind: 'receipt', file: join(places.client, 'receipt-R1.json') }),
  )
  const notice = join(places.slips, 'notice-R1.txt')
  await writeFile(
    notice,
    'Préavis de suppression des données, opération R1.\nNotice of erasure, operation R1.\n',
  )
  await sign(operator, notice)
  await stage.run(
    'record notice exchanged/notice-R1.txt --dossier host/dossier --as keys/operator.key',
    recordFile(operator, { kind: 'notice', file: notice }),
  )
}

/** What the executor will have to type, as the verifier saw it. */
async function authoriseAndSee({ stage, cast }: Play): Promise<string[]> {
  stage.step('Two persons authorise; the verifier sees every copy')
  for (const member of ['authoriser-1', 'authoriser-2'] as const) {
    await stage.run(
      `authorise --valid-for P60D --dossier host/dossier --as keys/${member}.key`,
      authorise(cast.as(member), { validFor: 'P60D', copies: [] }),
    )
  }
  const seen = await stage.run(
    'destroy --see --dossier host/dossier --as keys/verifier.key',
    destroy(cast.as('verifier'), { see: true, execute: false, confirm: [] }),
  )
  return confirmations(seen)
}

async function certifyTwice({
  stage,
  clock,
  cast,
  places,
}: Play): Promise<{ certificate: string; pages: readonly string[] }> {
  const certifying = 'certify --dossier host/dossier --as keys/verifier.key'
  stage.step('The verifier probes and certifies: partial, since a backup set is still rotating out')
  await stage.run(certifying, certify(cast.as('verifier'), {}), 5)
  clock.advance('P36D')
  stage.say('… 36 days later, its holder declares the last backup rotated out')
  const declaration = join(places.slips, 'declaration-nightly-backups.txt')
  await writeFile(declaration, 'Les sauvegardes nightly-backups ont quitté la rotation.\n')
  await sign(cast.as('host'), declaration)
  await stage.run(
    'record declaration exchanged/declaration-nightly-backups.txt --copy nightly-backups --dossier host/dossier --as keys/operator.key',
    recordFile(cast.as('operator'), {
      kind: 'declaration',
      file: declaration,
      copy: 'nightly-backups',
    }),
  )
  const final = await stage.run(certifying, certify(cast.as('verifier'), {}))
  return { certificate: final.json['certificate'] as string, pages: final.json['pages'] as readonly string[] }
}

function confirmations(seen: Outcome): string[] {
  const list = seen.json['seen'] as readonly { readonly copy: string; readonly fingerprint: string }[]
  return list.map(({ copy, fingerprint }) => `${copy}=${fingerprint}`)
}

async function refused({ stage }: Play, guard: string, attempt: Promise<Outcome>): Promise<void> {
  const thrown = await attempt.then(
    () => undefined,
    (error: unknown) => asRestituteError(error),
  )
  if (thrown?.code !== 'guard-refused' || thrown.details['guard'] !== guard) {
    throw thrown ?? new RestituteError('internal', `demonstration: expected the guard ${guard} to refuse`)
  }
  stage.say(`refused by the guard "${guard}": ${thrown.message}`)
  stage.proved(`the guard "${guard}" refused, and nothing was touched`)
}

/** Changes one value in the source, sees the refusal, and puts the value back. */
async function refuseChanged(play: Play, confirm: readonly string[]): Promise<void> {
  const before = swapNote(play.hospital.database, 'written after the last package')
  await refused(play, 'unchanged', destroy(play.cast.as('operator'), { execute: true, see: false, confirm }))
  swapNote(play.hospital.database, before)
}

/** Sets the note of the first patient and returns the one before. */
function swapNote(path: string, note: SQLOutputValue): SQLOutputValue {
  using database = new DatabaseSync(path)
  const row = database.prepare('select note from patients where id = 1').get()
  database.prepare('update patients set note = ? where id = 1').run(note)
  return row?.['note'] ?? null
}
