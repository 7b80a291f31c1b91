import { shellWord } from '@restitute/core'
import type { Session } from './session.ts'

/** A command on the dossier of this session, to be pasted where this one was typed; `typed`: its words, quoted where they need it. */
export function nextCommand({ dossierDir }: Pick<Session, 'dossierDir'>, typed: string): string {
  return dossierDir === '.' ? `restitute ${typed}` : `restitute ${typed} --dossier ${shellWord(dossierDir)}`
}
