import { join } from 'node:path'
import { sendChallenges } from '@restitute/dossier'
import { openCase } from '../case.ts'
import { type CommandDefinition, text } from '../command.ts'
import { openFolder, writeOver } from '../new-file.ts'
import { nextCommand } from '../next-command.ts'
import type { Outcome, Session } from '../session.ts'

/** Encrypts a challenge to each recipient key; what the client sends back goes to `record challenge` (R26). */
export async function challenge(session: Session, options: { readonly out: string }): Promise<Outcome> {
  const dossier = await openCase(session)
  await openFolder(options.out)
  const sent = await sendChallenges({ dossier, key: await session.actor(), at: session.clock.now() })
  const files = await Promise.all(
    sent.map(async ({ recipient, message }) => {
      const file = join(options.out, `challenge-${recipient}.asc`)
      await writeOver(file, message)
      return file
    }),
  )
  return {
    exit: 0,
    json: { challenges: sent.map(({ recipient }, i) => ({ recipient, file: files[i] ?? '' })) },
    lines: [
      ...files.map((file) => `challenge  ${file}`),
      `the client answers with: gpg --decrypt <challenge> > answer.json, and you take it with: ${nextCommand(session, 'record challenge answer.json')}`,
    ],
  }
}

/** `restitute challenge`. */
export const challengeCommand: CommandDefinition = {
  name: 'challenge',
  args: '',
  summary: 'encrypt a challenge to each recipient key, before anything is exported',
  options: [{ flags: '--out <dir>', description: 'folder for the challenges', default: '.' }],
  examples: ['restitute challenge --dossier chu --as operator.key --out to-client'],
  run: (session, _args, options) => challenge(session, { out: text(options, 'out') ?? '.' }),
}
