/** A word, a quoted name, a text or a sign of a query as the server writes it. */
interface Token {
  readonly text: string
  /** Parentheses round it. */
  readonly depth: number
  /** Whether it lies in a query inside the query. */
  readonly inner: boolean
}

const tokens = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|\s+|./gsu
const name = /^["\p{Ll}_]/u
const innerBegins = /^\(\s*(SELECT|WITH|VALUES)\b/

/**
 * A view's query, the same from every version of the server: until 15 it qualifies each column, from 16 on only where the
 * outermost FROM holds more than one relation. Here none is qualified where it holds one.
 */
export function queryOfAnyVersion(query: string): string {
  const all = tokensOf(query)
  const [from, end] = fromClause(all)
  const relation = onlyRelation(all.slice(from, end))
  if (relation === undefined) return query
  const isQualifier = (i: number): boolean =>
    all[i]?.text === relation && all[i + 1]?.text === '.' && all[i - 1]?.text !== '.' && !all[i]?.inner
  const isLeftOut = (i: number): boolean => (i < from || i >= end) && (isQualifier(i) || isQualifier(i - 1))
  return all.flatMap(({ text }, i) => (isLeftOut(i) ? [] : [text])).join('')
}

function tokensOf(query: string): Token[] {
  const open: boolean[] = []
  return [...query.matchAll(tokens)].map(({ 0: text, index }) => {
    if (text === ')') open.pop()
    const token = { text, depth: open.length, inner: open.at(-1) ?? false }
    if (text === '(') open.push(token.inner || innerBegins.test(query.slice(index, index + 100)))
    return token
  })
}

const endsFrom = new Set([
  'WHERE',
  'GROUP',
  'HAVING',
  'WINDOW',
  'ORDER',
  'LIMIT',
  'OFFSET',
  'FETCH',
  'FOR',
  ';',
])
const joins = new Set(['UNION', 'INTERSECT', 'EXCEPT'])

/** Where what stands after the outermost FROM begins and ends; nowhere in a query of several. */
function fromClause(all: readonly Token[]): [number, number] {
  const outer = (words: ReadonlySet<string>, start: number): number =>
    all.findIndex(({ text, depth }, i) => i >= start && depth === 0 && words.has(text))
  const from = outer(new Set(['FROM']), 0) + 1
  if (from === 0 || outer(joins, 0) >= 0) return [0, 0]
  const end = outer(endsFrom, from)
  return [from, end < 0 ? all.length : end]
}

/** What its columns are qualified by; undefined where there are several. */
function onlyRelation(clause: readonly Token[]): string | undefined {
  const several = clause.some(
    ({ text, depth, inner }) => !inner && (text === 'JOIN' || (text === ',' && depth === 0)),
  )
  const sample = clause.findIndex(({ text, depth }) => depth === 0 && text === 'TABLESAMPLE')
  const named = sample < 0 ? clause : clause.slice(0, sample)
  return several ? undefined : named.findLast(({ text, depth }) => depth === 0 && name.test(text))?.text
}
