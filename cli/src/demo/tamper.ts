import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verify } from '../commands/verify.ts'
import { type Play, packages } from './play.ts'

/** The certificate verifies; one changed word in it, or one flipped bit in a volume, does not. */
export async function tamper({ session, stage, places }: Play, certificate: string): Promise<void> {
  stage.step('Anybody can check the certificate; a changed one fails')
  const options = {
    path: certificate,
    signers: [],
    packages: packages.map((name) => join(places.client, name)),
  }
  await stage.run(`verify ${certificate} --dossier host/dossier`, verify(session, options))
  const documents = join(places.dossier, 'documents')
  const forged = join(places.slips, 'forged')
  await cp(documents, forged, { recursive: true })
  await cp(join(places.dossier, 'ledger.jsonl'), join(places.slips, 'ledger.jsonl'))
  const path = certificate.replace(documents, forged)
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('"category":"none"', '"category":"purge"'))
  await stage.run(`verify ${path} --dossier host/dossier`, verify(session, { ...options, path }), 3)
  stage.proved(
    'the certificate follows from order, receipt, packages and ledger; one changed word in it is found',
  )
  await flip(join(places.client, packages[0], 'volumes', '000001.tar.zst.pgp'), async () => {
    await stage.run(
      'verify client/R1-0001 --dossier host/dossier  # one bit of a volume flipped',
      verify(session, { path: join(places.client, packages[0]), signers: [], packages: [] }),
      3,
    )
  })
  stage.proved('one flipped bit in a package is found')
}

/** Flips one bit in the middle of a file while `during` runs. */
async function flip(path: string, during: () => Promise<void>): Promise<void> {
  const bytes = await readFile(path)
  const changed = Buffer.from(bytes)
  const middle = changed.length >> 1
  changed[middle] = (changed[middle] ?? 0) ^ 1
  await writeFile(path, changed)
  try {
    await during()
  } finally {
    await writeFile(path, bytes)
  }
}
