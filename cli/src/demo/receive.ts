import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { acknowledge } from '../commands/acknowledge.ts'
import { restore } from '../commands/restore.ts'
import { verify } from '../commands/verify.ts'
import { type Play, packages } from './play.ts'

/** The client checks everything, rebuilds both sources elsewhere, and answers. */
export async function receive({ stage, cast, places }: Play): Promise<void> {
  const client = { ...cast.as('client-1'), dossierDir: places.client, note: stage.say }
  const signers = [join(places.slips, '..', 'keys', 'operator.asc')]
  const key = cast.keyFile('client-1')
  const paths = packages.map((name) => join(places.client, name))
  stage.step('The client verifies the packages with its own key')
  for (const path of paths) {
    await stage.run(
      `verify ${path} --signer keys/operator.asc --key keys/client-1.key`,
      verify(client, { path, key, signers, packages: paths }),
    )
  }
  stage.step('The client rebuilds both sources from the packages and compares them by content')
  for (const [source, to] of [
    ['records', `sqlite:${join(places.client, 'rebuilt', 'records.db')}`],
    ['documents', `files:${join(places.client, 'rebuilt', 'documents')}`],
  ] as const) {
    await mkdir(join(places.client, 'rebuilt'), { recursive: true })
    await stage.run(
      `restore client/R1-0001 client/R1-0002 --source ${source} --to ${to} --compare --signer keys/operator.asc --key keys/client-1.key`,
      restore(client, { packages: paths, key, source, to, compare: true, signers }),
    )
  }
  stage.proved(
    'both sources, rebuilt by the client from the two packages alone, equal what was delivered by content',
  )
  stage.step('The client accepts, and consents to destruction separately')
  await stage.run(
    'acknowledge client/R1-0001 client/R1-0002 --decision accepted --consent-destruction --tried records --tried documents --documentation --backup --out client --signer keys/operator.asc --as keys/client-1.key',
    acknowledge(client, {
      packages: paths,
      decision: 'accepted',
      reservations: [],
      consentDestruction: true,
      tried: ['records', 'documents'],
      documentation: true,
      clientBackup: true,
      profile: 'hds-2.0',
      out: places.client,
      signers,
    }),
  )
}
