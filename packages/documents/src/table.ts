import { breakable, type Html, html, type Piece } from './html.ts'

/** A column: its heading, and `number` for figures. */
export type Column = string | { readonly heading: string; readonly number: true }

/** A table with a caption; the first cell of each row is its heading. */
export function table(
  caption: string | undefined,
  columns: readonly Column[],
  rows: readonly (readonly Piece[])[],
): Html {
  const head = columns.map((column) =>
    typeof column === 'string'
      ? html`<th scope="col">${column}</th>`
      : html`<th scope="col" class="number">${column.heading}</th>`,
  )
  return html`<table>${caption === undefined ? undefined : html`<caption>${caption}</caption>`}
<thead><tr>${head}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell, i) => bodyCell(cell, i, columns[i]))}</tr>\n`)}</tbody></table>\n`
}

function bodyCell(given: Piece, index: number, column: Column | undefined): Html {
  const cell = breakable(given)
  if (index === 0) return html`<th scope="row">${cell}</th>`
  return typeof column === 'object' ? html`<td class="number">${cell}</td>` : html`<td>${cell}</td>`
}

/** Name and value, one a line; a fact without value is left out. */
export function facts(rows: readonly (readonly [string, Piece])[]): Html {
  const known = rows.filter(([, value]) => value !== undefined)
  return html`<table class="facts"><tbody>${known.map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${breakable(value)}</td></tr>\n`,
  )}</tbody></table>\n`
}
