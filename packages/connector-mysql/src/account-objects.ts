import { safeNames } from '@restitute/core'
import { type Account, readAccounts } from './accounts.ts'
import type { DefinedObject, NativeFile } from './defined-object.ts'
import { scriptOf } from './script.ts'
import type { Session } from './session.ts'
import { accountName } from './text.ts'

/** Folders of the scripts that make the accounts, first, and grant them their rights, last; only when asked for. */
export const accountFolders = { accounts: '0-accounts', grants: '9-grants' } as const

const settings = "SET NAMES utf8mb4, sql_mode=''"

/** Whether an item is an account, a role, or says that they could not be read. */
export function isAccountId(id: string): boolean {
  return id === 'accounts' || /^(?:account|role)\//.test(id)
}

/**
 * The accounts of the database, each as something that is defined; what they have to do with the ids that are `gone` is
 * left out. Where they cannot be read, one that is lost.
 */
export async function accountObjects(
  session: Session,
  gone: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<DefinedObject[]> {
  const { accounts, lost } = await readAccounts(session, gone, signal)
  if (lost !== undefined) {
    return [{ id: 'accounts', kind: 'accounts', name: '', files: [], meaning: 'unreadable', lost }]
  }
  const safe = safeNames(accounts.map((account) => Buffer.from(labelOf(account))))
  return accounts.map((account, i) => {
    const kind = account.host === '' ? 'role' : 'account'
    const name = accountName(account.user, account.host)
    const file = (folder: string, statements: readonly string[]): NativeFile => ({
      path: `${folder}/${safe[i]}.sql`,
      text: scriptOf([settings, ...statements]),
    })
    const making = file(accountFolders.accounts, makingOf(account, session.mariadb))
    const granting = file(
      accountFolders.grants,
      account.grants.map((right) => grantOf(right, name)),
    )
    return {
      ...{ id: `${kind}/${labelOf(account)}`, kind, name: account.user, files: [making, granting] },
      meaning: JSON.stringify([account.terms, account.roles, account.defaultRole ?? null, account.grants]),
    }
  })
}

function labelOf({ user, host }: Account): string {
  return host === '' ? user : `${user}@${host}`
}

/** An account that is not there yet comes without a password, and locked until somebody gives it one. */
function makingOf({ user, host, terms, roles, defaultRole }: Account, mariadb: boolean): string[] {
  const name = accountName(user, host)
  const make = (one: string, more: string): string =>
    mariadb && !one.includes('`@`')
      ? `CREATE ROLE IF NOT EXISTS ${one}`
      : `CREATE USER IF NOT EXISTS ${one}${more} ACCOUNT LOCK`
  const started = mariadb
    ? `SET DEFAULT ROLE ${defaultRole} FOR ${name}`
    : `ALTER USER ${name} DEFAULT ROLE ${defaultRole}`
  return [
    ...(name === 'PUBLIC' ? [] : [make(name, terms === '' ? '' : ` ${terms}`)]),
    ...roles.flatMap((role) => [
      make(role.name, ''),
      `GRANT ${role.name} TO ${name}${role.admin ? ' WITH ADMIN OPTION' : ''}`,
    ]),
    ...(defaultRole === undefined ? [] : [started]),
  ]
}

function grantOf(right: string, name: string): string {
  const [, words, more] = /^(.*?)( WITH GRANT OPTION)?$/s.exec(right) ?? []
  return `GRANT ${words} TO ${name}${more ?? ''}`
}
