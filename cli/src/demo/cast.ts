import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import type { PrivateKey } from '@restitute/seal'
import { keygen } from '../commands/keygen.ts'
import { loadPrivateKey } from '../keys.ts'
import type { Session } from '../session.ts'

/** The persons and parties of the demonstration, each with a key of their own. */
const members = {
  host: 'Hébergeur de démonstration',
  operator: 'Opératrice Démo',
  'authoriser-1': 'RSSI Démo',
  'authoriser-2': 'Direction Démo',
  verifier: 'Contrôle Démo',
  'client-1': 'Centre hospitalier de démonstration, DPO',
  'client-2': 'Centre hospitalier de démonstration, séquestre',
} as const

/** A member's role in the play. */
export type Member = keyof typeof members

/** Everybody's keys, and sessions in their names. */
export interface Cast {
  readonly key: (member: Member) => PrivateKey
  readonly keyFile: (member: Member) => string
  /** The dossier's session, with this member acting. */
  readonly as: (member: Member) => Session
}

/**
 * Makes a key pair for each member in `folder`, which expires after a duration if one is given, and copies the
 * public ones to the dossier.
 */
export async function gatherCast(
  session: Session,
  folder: string,
  dossierKeys: string,
  expires?: string,
): Promise<Cast> {
  const keys = new Map<Member, PrivateKey>()
  for (const [member, name] of Object.entries(members) as [Member, string][]) {
    const life = expires === undefined ? {} : { expires }
    await keygen(session, { name, email: `${member}@demo.example`, out: folder, ...life })
    await cp(join(folder, `${member}.asc`), join(dossierKeys, `${member}.asc`))
    keys.set(member, await loadPrivateKey(join(folder, `${member}.key`), async () => ''))
  }
  const key = (member: Member): PrivateKey => {
    const found = keys.get(member)
    if (found === undefined) throw new Error(`no key for ${member}`)
    return found
  }
  return {
    key,
    keyFile: (member) => join(folder, `${member}.key`),
    as: (member) => ({ ...session, actor: async () => key(member) }),
  }
}
