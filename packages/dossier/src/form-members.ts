import type { StatementKind } from '@restitute/manifest'

/** Every kind of statement. */
export const statementKinds: readonly StatementKind[] = [
  'waiver',
  'release',
  'contest',
  'contest-closed',
  'export-approval',
  'withdrawal',
  'hold',
  'notice',
  'reminder',
  'incident-closed',
  'certification-lost',
  'roles-withdrawn',
]

/** How the text for a member becomes its value. */
export type MemberForm = 'text' | 'number' | 'list' | 'about' | 'signer'

const statement = {
  text: 'text',
  of: 'number',
  waives: 'list',
  about: 'about',
  scopeSha256: 'text',
  signer: 'signer',
} as const

/** Members that can be filled in, by the kind of document. */
export const formMembers: Readonly<Record<string, Readonly<Record<string, MemberForm>>>> = {
  statement,
  request: { kind: 'text', reason: 'text', sources: 'list', endsAt: 'text', text: 'text', signer: 'signer' },
  declaration: {
    copy: 'text',
    holder: 'text',
    method: 'text',
    endedAt: 'text',
    text: 'text',
    signer: 'signer',
  },
  custody: { copy: 'text', holder: 'text', text: 'text', signer: 'signer' },
  mandate: { commands: 'list', expiresAt: 'text', key: 'text', text: 'text' },
  incident: {
    nature: 'text',
    discoveredAt: 'text',
    text: 'text',
    categories: 'list',
    persons: 'number',
    records: 'number',
    consequences: 'text',
    measures: 'text',
    contact: 'text',
    notifiedAt: 'text',
  },
}
