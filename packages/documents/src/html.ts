/** Markup that is safe to insert as it is. */
export interface Html {
  readonly markup: string
}

/** What may stand in a template: text is escaped, markup is kept, lists are joined, nothing is nothing. */
export type Piece = Html | string | number | undefined | readonly Piece[]

const names: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// Control characters and bidirectional overrides could make a printed page say something else than its bytes.
const misleading = /(?![\t\n])[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufeff]/gu

/** Text as HTML text or attribute value; characters that mislead the eye are spelt out. */
export function escapeHtml(text: string): string {
  return text
    .replace(misleading, (c) => `[U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`)
    .replace(/[&<>"']/g, (c) => names[c] ?? c)
}

/** Template tag: everything interpolated is escaped unless it is {@link Html} already. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return { markup: parts.map((part, i) => part + render(pieces[i])).join('') }
}

function render(piece: Piece): string {
  if (piece === undefined) return ''
  if (typeof piece === 'string') return escapeHtml(piece)
  if (typeof piece === 'number') return String(piece)
  return isList(piece) ? piece.map(render).join('') : piece.markup
}

function isList(piece: Html | readonly Piece[]): piece is readonly Piece[] {
  return Array.isArray(piece)
}

/**
 * Text in a table or a list, with places where a very long word may be broken: without them it makes its column wider
 * than the sheet, and what stands in the columns after it is not printed. Digests are shorter and stay whole.
 */
export function breakable(piece: Piece): Piece {
  if (typeof piece !== 'string') return piece
  return piece.split(/(\S{70,})/).map((word) => (/^\S{70}/.test(word) ? broken(word) : word))
}

function broken(word: string): Piece {
  const chunks = word.match(/.{1,30}/gsu) ?? []
  return chunks.map((chunk, i) => (i === 0 ? chunk : html`<wbr>${chunk}`))
}
