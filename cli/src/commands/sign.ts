import { basename, dirname, resolve } from 'node:path'
import { assertKeysNamed, isOurs, readContract, refuseLaidOutAnew, refuseUnfilled } from '@restitute/dossier'
import { documentKind, readDocument } from '@restitute/manifest'
import type { CommandDefinition } from '../command.ts'
import type { Outcome, Session } from '../session.ts'
import { addSignature, readSigned } from '../signed-files.ts'

/** Adds one's signature to a contract, scope, order, amendment, declaration or custody: `<file>.<fingerprint>.asc`. */
export async function sign(session: Session, file: string): Promise<Outcome> {
  const { bytes } = await readSigned(file)
  await refuseBroken(file, bytes)
  const key = await session.actor()
  const signature = await addSignature(file, bytes, key, session.clock.now())
  return {
    exit: 0,
    json: { file, signature, fingerprint: key.fingerprint },
    lines: [`signed ${file}`, `signature  ${signature}`],
  }
}

/** Nobody should sign what will be refused later. Files of no known form (a letter, a declaration) are signed as they are. */
async function refuseBroken(file: string, bytes: Uint8Array): Promise<void> {
  if (basename(file) === 'contract.yaml') assertKeysNamed(await readContract(dirname(resolve(file))))
  else if (isOurs(bytes)) {
    readDocument(documentKind(bytes), bytes)
    refuseUnfilled(basename(file), bytes)
  } else refuseLaidOutAnew(basename(file), bytes)
}

/** `restitute sign`. */
export const signCommand: CommandDefinition = {
  name: 'sign',
  args: '<file>',
  summary: "add one's signature to a contract, scope, order, amendment, declaration or custody",
  options: [],
  examples: ['restitute sign contract.yaml --as host.key', 'restitute sign scope-R1.json --as client.key'],
  run: (session, [file = '']) => sign(session, file),
}
