// Control characters, line ends and marks of direction among them.
const misleading = /(?!\t)[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu

/**
 * A line for people in which what would move the cursor, or turn the text around, is spelt out: names of files come
 * from whoever made them, and must not write over a verdict.
 */
export function visibleLine(line: string): string {
  return line.replace(misleading, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`)
}

/** {@link visibleLine} of each line of a text. */
export function visibleText(text: string): string {
  return text.split('\n').map(visibleLine).join('\n')
}
