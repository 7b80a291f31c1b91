import { RestituteError } from '@restitute/core'
import { accountFolders } from './account-objects.ts'
import { failed } from './errors.ts'
import { dropAccount } from './owned.ts'
import type { Session } from './session.ts'
import { accountName, quoteName } from './text.ts'

const folders: readonly string[] = Object.values(accountFolders)

/** Whether a script of the native form makes an account, or grants it something. */
export function isAccountScript(path: string): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`))
}

/**
 * Makes accounts, where they are not there yet locked and without a password, and grants what they may do with the
 * current database. Given up, those that it made are dropped; grants to accounts that were there stay.
 */
export class AccountMaker {
  readonly #session: Session
  readonly #made = new Set<string>()

  constructor(session: Session) {
    this.#session = session
  }

  /** Runs the statements of the scripts in one of the two folders. */
  async run(statements: readonly string[], signal: AbortSignal): Promise<void> {
    const { database } = this.#session.location
    try {
      const before = new Set(await namesOf(this.#session, signal))
      try {
        for (const sql of statements) await this.#session.run(onDatabase(sql, database), signal)
      } finally {
        for (const name of await namesOf(this.#session)) if (!before.has(name)) this.#made.add(name)
      }
    } catch (error) {
      throw refused(error)
    }
  }

  /** Drops what it made. */
  async undo(session: Session): Promise<void> {
    for (const name of this.#made) if (name !== 'PUBLIC') await dropAccount(session, name)
  }
}

/** `ON *` means the database by its name as a pattern, in which `_` is any character: it is written without. */
function onDatabase(sql: string, database: string): string {
  const name = quoteName(database.replaceAll(/[\\_%]/g, (character) => `\\${character}`))
  return sql.replace(/^(GRANT [A-Z, ]+) ON \* TO /, (_, words: string) => `${words} ON ${name}.* TO `)
}

async function namesOf(session: Session, signal?: AbortSignal): Promise<string[]> {
  const rows = await session.texts('SELECT User, Host FROM mysql.user', signal)
  return rows.map(([user = '', host = '']) => accountName(user, host))
}

function refused(error: unknown): RestituteError {
  const { code, message } = failed('restore-failed', 'make the accounts', error)
  return new RestituteError(code, message, {
    cause: error,
    hint: 'it takes CREATE USER, SELECT ON mysql.*, and every right that is granted WITH GRANT OPTION; or leave accounts=restore out',
  })
}
