// What matters for where a statement ends: quoted text, comments, words, semicolons.
const token =
  /'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*\n|--[^\n]*$|\/\*[\s\S]*?\*\/|\/\*[\s\S]*$|;|[\p{L}_][\p{L}\p{N}_$]*|\S/gu

/** A definition whose text would not stay one statement in a script. */
export class UnsafeDefinition extends Error {}

/**
 * What must follow a definition from sqlite_master so that the next statement begins: `;`, after closing a
 * comment that the text leaves open. Throws {@link UnsafeDefinition} when the text holds more than its one
 * statement: SQLite ignores what follows, a script would execute it (R54).
 */
export function endOfDefinition(sql: string): string {
  let last = ''
  const words: string[] = []
  let previous = ''
  for (const [text] of sql.matchAll(token)) {
    last = text
    if (isComment(text)) continue
    if (words.length < 3) words.push(text.toUpperCase())
    if (text === ';' && !(isTrigger(words) && previous !== '; END')) throw unsafe()
    previous = text === ';' ? ';' : `${previous === ';' ? '; ' : ''}${text.toUpperCase()}`
  }
  if (sql.includes('\0') || /^['"`[]$/.test(last)) throw unsafe()
  if (isTrigger(words) && previous !== '; END') throw unsafe()
  if (last.startsWith('/*') && !isClosed(last)) return '*/;\n'
  return last.startsWith('--') && !last.endsWith('\n') ? '\n;\n' : ';\n'
}

function isComment(text: string): boolean {
  return text.startsWith('--') || text.startsWith('/*')
}

function isClosed(comment: string): boolean {
  return comment.length >= 4 && comment.endsWith('*/')
}

function isTrigger(words: readonly string[]): boolean {
  const kind = /^TEMP(ORARY)?$/.test(words[1] ?? '') ? words[2] : words[1]
  return words[0] === 'CREATE' && kind === 'TRIGGER'
}

function unsafe(): UnsafeDefinition {
  return new UnsafeDefinition('malformed database schema: a definition is more than one statement')
}
