/** A name as SQL writes it. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

/** A text as a literal that means the same under every sql_mode, and in every client. */
export function quoteText(text: string): string {
  if (/^[\w .,:;+\-@%/()[\]<>=!?*$&#^~{}|]*$/.test(text)) return `'${text}'`
  return `_utf8mb4 X'${Buffer.from(text).toString('hex')}'`
}

/** How SQL names an account, or a role, whose host is empty. */
export function accountName(user: string, host: string): string {
  if (host !== '') return `${quoteName(user)}@${quoteName(host)}`
  // A keyword, not a role that could be made.
  return user === 'PUBLIC' ? user : quoteName(user)
}

/** `someone@%`, as the catalogue names a definer, as SQL does. */
export function definerName(definer: string): string {
  const at = definer.lastIndexOf('@')
  return at < 0 ? accountName(definer, '') : accountName(definer.slice(0, at), definer.slice(at + 1))
}

/** Id of something that is defined; kinds as the catalogue writes them (`PACKAGE BODY`). */
export function definedId(kind: string, name: string): string {
  return `${kind.toLowerCase().replace(' ', '-')}/${name}`
}

/**
 * Condition that a column of the catalogue names this database, given as SQL, and none whose name differs in case or accents alone: of
 * triggers and events the server compares no more. Where it has all names in small letters the case is nothing.
 */
export function ofSchema(column: string, schema: string): string {
  return `${column} = ${schema} AND (@@lower_case_table_names > 0 OR BINARY ${column} = BINARY ${schema})`
}

/** The first line of a message, without what the server quotes of the data. */
export function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.trim() ?? ''
}

/** Where a table follows in a view, as a pattern. In EXTRACT and TRIM a column comes after FROM. */
export const beforeTable =
  '(?<!\\bextract\\(\\w+ )(?<!\\btrim\\((?:both|leading|trailing) [^()]* )\\b(?:from|(?:straight_)?join) \\(*'

/**
 * A definition without the name of its own database, which the server puts before functions and sequences even where
 * that database is the current one, and before the columns of a view whose definer does not exist: the copy may have
 * another name. A view that reads something else beside (JSON_TABLE, the catalogue) has it before each of its tables.
 * Texts between quotes stay as they are, and so do names, in which an apostrophe begins no text.
 */
export function unqualified(sql: string, database: string): string {
  const own = RegExp.escape(quoteName(database))
  const word = '`(?:[^`]|``)+`'
  // That of an account may be empty.
  const anyName = '`(?:[^`]|``)*`'
  const called = new RegExp(
    `'(?:[^'\\\\]|\\\\.|'')*'|\\b(nextval|lastval|setval)\\(${own}\\.|${own}\\.(${word}\\()|(?<![\`.])${own}\\.(?=${word}\\.${word})|(?<=${beforeTable})${own}\\.(?=${word})|(${anyName})`,
    'gs',
  )
  return sql.replace(called, (whole: string, sequence?: string, call?: string, name?: string) => {
    if (sequence !== undefined) return `${sequence}(`
    return call ?? name ?? (whole.startsWith("'") ? whole : '')
  })
}

/** A statement made while the database has the collation that it had when it was first made: texts without one take it from there. */
export function underCollation(sql: string, was: string, is: string): string[] {
  const becoming = (collation: string): string =>
    `ALTER DATABASE CHARACTER SET ${collation.split('_', 1)[0]} COLLATE ${collation}`
  return was === is ? [sql] : [becoming(was), sql, becoming(is)]
}
