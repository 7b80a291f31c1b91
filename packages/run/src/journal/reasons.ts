const longest = 500

/**
 * A reason of exclusion or loss as one line, as the index, the manifest and the receipt all state it: a connector, or an
 * operator's program, may give any text.
 */
export function reasonLine(reason: string): string {
  const line = reason
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, longest)
    .toWellFormed()
  return line === '' ? 'no reason given' : line
}
