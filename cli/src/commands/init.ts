import { RestituteError, shellWord } from '@restitute/core'
import { initDossier } from '@restitute/dossier'
import { type CommandDefinition, given, texts } from '../command.ts'
import type { Outcome, Session } from '../session.ts'

/** What `init` is told. */
export interface InitOptions {
  readonly dir: string
  readonly sources: readonly { readonly name: string; readonly url: string }[]
  readonly clients: readonly string[]
  readonly to?: string
}

/** Makes a dossier with a commented contract to fill in. */
export async function init(session: Session, options: InitOptions): Promise<Outcome> {
  const { contract } = await initDossier({
    dir: options.dir,
    sources: options.sources,
    clientKeys: options.clients,
    language: session.language ?? 'fr',
    ...(options.to === undefined ? {} : { to: options.to }),
  })
  return {
    exit: 0,
    json: { dossier: options.dir, contract },
    lines: [
      `dossier ${options.dir}`,
      `fill in ${contract}, then: restitute check --dossier ${shellWord(options.dir)} --contract`,
    ],
  }
}

function parseSource(typed: string): { readonly name: string; readonly url: string } {
  const at = typed.indexOf('=')
  if (at > 0) return { name: typed.slice(0, at), url: typed.slice(at + 1) }
  throw new RestituteError('usage', `--source: expected <name>=<url>, got "${typed}"`, {
    hint: 'for instance records=sqlite:/srv/ehr/records.db',
  })
}

/** `restitute init`. */
export const initCommand: CommandDefinition = {
  name: 'init',
  args: '<dir>',
  summary: 'a new dossier with a commented contract',
  options: [
    { flags: '--source <name=url>', description: 'a source', repeatable: true },
    { flags: '--client <key>', description: 'public key of the client', repeatable: true },
    { flags: '--to <url>', description: 'where packages go, for instance directory:/mnt/out' },
  ],
  examples: [
    'restitute init chu --source records=sqlite:/srv/ehr/records.db --source documents=files:/srv/ehr/documents --client dpo.asc --to directory:/mnt/out',
  ],
  run: (session, [dir = ''], options) =>
    init(session, {
      dir,
      sources: texts(options, 'source').map(parseSource),
      clients: texts(options, 'client'),
      ...given(options, 'to'),
    }),
}
