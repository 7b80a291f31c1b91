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
