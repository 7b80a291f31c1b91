// One transaction locks every object that it makes; a server has room for some thousands by default.
const objectsPerGroup = 1000
// As pg_dump announces each object: names in it never hold a line break.
const announcement = /^--\n-- (?:Name: .*; Type: .*; Schema: .*; Owner: .*)\n--\n\n/gm

/** A script of pg_dump without the two commands that are for psql. */
export function withoutCommands(script: string): string {
  return script.replaceAll(/^\\(?:un)?restrict \w+\r?$/gm, '')
}

const announced = /^--\n-- (?:Data for )?Name: (.*); Type: (.*); Schema: (.*); Owner: /

/**
 * A script without foreign keys and what is said about them: a sample lacks rows that they lead to. With `which`, without
 * these alone (`<schema> <table> <name>`).
 */
export function withoutForeignKeys(script: string, which?: ReadonlySet<string>): string {
  const left = new Set<string>()
  return objects(script)
    .filter((text) => {
      const { name, type, schema, of } = announcedIn(text)
      const without = type === 'FK CONSTRAINT' && (which?.has(`${schema} ${name}`) ?? true)
      if (without) left.add(`${schema} ${name}`)
      return !without && !(of !== undefined && left.has(of))
    })
    .join('')
}

interface Announced {
  readonly name: string
  readonly type: string
  readonly schema: string
  /** The constraint, `<schema> <table> <name>`, that it is a comment on. */
  readonly of?: string
}

function announcedIn(text: string): Announced {
  const [, name = '', type = '', schema = ''] = announced.exec(text) ?? []
  const [, constraint, table = ''] = commentOn.exec(type === 'COMMENT' ? name : '') ?? []
  if (constraint === undefined) return { name, type, schema }
  return { name, type, schema, of: `${schema} ${plain(table)} ${plain(constraint)}` }
}

const commentOn = /^CONSTRAINT ("(?:[^"]|"")*"|\S+) ON (.*)$/

/** The constraint itself is announced without quotes. */
function plain(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}

/**
 * A script in pieces, of which each foreign key is one: where rows are missing, one that leads to them cannot be made.
 * `fails` is told the error of one; a comment on it is left out.
 */
export async function runForeignKeysApart(
  script: string,
  run: (piece: string) => Promise<void>,
  fails: (error: unknown) => boolean,
): Promise<void> {
  const left = new Set<string>()
  for (const text of objects(script)) {
    const { name, type, schema, of } = announcedIn(text)
    if (of !== undefined && left.has(of)) continue
    try {
      await run(text)
    } catch (error) {
      if (type !== 'FK CONSTRAINT' || !fails(error)) throw error
      left.add(`${schema} ${name}`)
    }
  }
}

/** A script without how this server enters other ones: the options of a user mapping may hold a secret. */
export function withoutUserMappings(script: string): string {
  return objects(script)
    .filter((text) => announced.exec(text)?.[2] !== 'USER MAPPING')
    .join('')
}

/** What stands before an object of ours in a script, as pg_dump announces one. */
export function announcing(name: string, type: string, schema = '-'): string {
  return `--\n-- Name: ${name}; Type: ${type}; Schema: ${schema}; Owner: -\n--\n\n`
}

/** Names as pg_dump announces them. */
export function announcedAs(...names: readonly string[]): string {
  return names.join(' ').replaceAll(/[\r\n]/g, ' ')
}

/**
 * The script for before the data and that for after it, with these indexes taken from the one to the other: before the first default
 * that pg_dump makes by itself, for it may name one; tables and functions have been made by then.
 */
export function withIndexesBefore(
  before: Buffer,
  after: Buffer,
  indexes: readonly Buffer[],
): [Buffer, Buffer] {
  if (indexes.length === 0) return [before, after]
  const wanted = new Set(indexes.map((announced) => announced.toString('latin1')))
  const end = endOf(after)
  const moves = Object.groupBy(objects(after.toString('latin1', 0, end)), (text) => {
    const { name, type, schema } = announcedIn(text)
    return /^(INDEX|CONSTRAINT)$/.test(type) && wanted.has(`${schema} ${name}`) ? 'early' : 'late'
  })
  const at = before.toString('latin1').search(firstDefault)
  const early = Buffer.from((moves.early ?? []).join(''), 'latin1')
  const place = at < 0 ? endOf(before) : at
  return [
    Buffer.concat([before.subarray(0, place), early, before.subarray(place)]),
    Buffer.concat([Buffer.from((moves.late ?? []).join(''), 'latin1'), after.subarray(end)]),
  ]
}

const firstDefault = /^--\n-- Name: .*; Type: DEFAULT; /m

/** A script with a text put in at a place. */
export function inserted(script: Buffer, at: number, text: Buffer): Buffer {
  return Buffer.concat([script.subarray(0, at), text, script.subarray(at)])
}

/** Where pg_dump's own words at the end of a script begin. */
export function endOf(script: Buffer): number {
  const at = script.lastIndexOf('--\n-- PostgreSQL database dump complete\n')
  return at < 0 ? script.length : at
}

/** A script with the event triggers behind everything else: once it is there, one may refuse what is yet to be made. */
export function withEventTriggersLast(script: Buffer): Buffer {
  const end = endOf(script)
  const all = objects(script.toString('latin1', 0, end))
  const ofEvents = (text: string): boolean => {
    const { name, type } = announcedIn(text)
    return type === 'EVENT TRIGGER' || (type === 'COMMENT' && name.startsWith('EVENT TRIGGER '))
  }
  const inOrder = [...all.filter((text) => !ofEvents(text)), ...all.filter(ofEvents)]
  return Buffer.concat([Buffer.from(inOrder.join(''), 'latin1'), script.subarray(end)])
}

/** What comes before the first object, then each object as pg_dump announces it. */
function objects(script: string): string[] {
  const starts = [0, ...[...script.matchAll(announcement)].map(({ index }) => index)]
  return starts.map((start, i) => script.slice(start, starts[i + 1]))
}

/** A script in pieces that each make about a thousand objects, cut where pg_dump announces the next one. */
export function* groups(script: string): Iterable<string> {
  let from = 0
  let objects = 0
  for (const { index } of script.matchAll(announcement)) {
    if (++objects % objectsPerGroup !== 0) continue
    yield script.slice(from, index)
    from = index
  }
  yield script.slice(from)
}
