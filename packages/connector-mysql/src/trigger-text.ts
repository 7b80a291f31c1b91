const gap = String.raw`(?:\s|/\*.*?\*/|(?:#|--)[^\n]*\n)*`
const name = '(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"|[\\w$\\u0080-\\uffff]+)'
const place = `${name}(?:${gap}\\.${gap}${name})?`
const definer = `(?:DEFINER=${name}(?:@${name})?\\s+)?`
const head = new RegExp(
  `^CREATE (?:OR REPLACE )?${definer}TRIGGER${gap}(?:IF${gap}NOT${gap}EXISTS${gap})?` +
    `${place}${gap}\\w+${gap}\\w+${gap}ON${gap}${place}${gap}FOR${gap}EACH${gap}ROW\\b\\s*`,
  'is',
)

/**
 * What a trigger does, out of its statement as SHOW CREATE TRIGGER gives it. ACTION_STATEMENT of the catalogue is another
 * text: it has half of the backslashes, no charsets before literals, and no comments.
 */
export function bodyOf(statement: string): string {
  const found = head.exec(statement)
  if (!found) throw new Error('its statement is none that makes a trigger')
  return statement.slice(found[0].length)
}

/**
 * Names of the columns that a trigger takes from NEW and OLD, which mean nothing else there before a dot. Texts, names and comments are
 * stepped over; in which a backslash is itself tells the mode.
 */
export function columnsNamed(body: string, mode: string): string[] {
  const kept = mode.includes('NO_BACKSLASH_ESCAPES') ? '' : '\\\\'
  const within = (quote: string): string =>
    `${quote}(?:[^${quote}${kept}]|${quote}${quote}${kept && `|${kept}.`})*${quote}`
  const passed = [...["'", '"', '`'].map(within), String.raw`/\*.*?\*/`, String.raw`(?:#|--\s)[^\n]*`]
  const named = String.raw`(?<![\w$@.\u0080-\uffff])(?:NEW|OLD)\s*\.\s*(${name})`
  const all = body.matchAll(new RegExp([...passed, named].join('|'), 'gis'))
  return [...all].flatMap(([, column]) => (column === undefined ? [] : [unquoted(column)]))
}

function unquoted(column: string): string {
  const quote = /^[`"]/.exec(column)?.[0]
  return quote === undefined ? column : column.slice(1, -1).replaceAll(quote + quote, quote)
}
