// One transaction locks every object that it makes; a server has room for some thousands by default.
const objectsPerGroup = 1000
// As pg_dump announces each object: names in it never hold a line break.
const announcement = /^--\n-- (?:Name: .*; Type: .*; Schema: .*; Owner: .*)\n--\n\n/gm

/** A script of pg_dump without the two commands that are for psql. */
export function withoutCommands(script: string): string {
  return script.replaceAll(/^\\(?:un)?restrict \w+\r?$/gm, '')
}

const announced = /^--\n-- (?:Data for )?Name: (.*); Type: (.*); Schema: /

/** A script without foreign keys and what is said about them: a sample lacks rows that they lead to. */
export function withoutForeignKeys(script: string): string {
  const left = new Set<string>()
  return objects(script)
    .filter((text) => {
      const [, name = '', type] = announced.exec(text) ?? []
      if (type === 'FK CONSTRAINT') left.add(name)
      const [, constraint, table] = /^CONSTRAINT (.*) ON (.*)$/.exec(name) ?? []
      return type !== 'FK CONSTRAINT' && !(type === 'COMMENT' && left.has(`${table} ${constraint}`))
    })
    .join('')
}

/** A script without how this server enters other ones: the options of a user mapping may hold a secret. */
export function withoutUserMappings(script: string): string {
  return objects(script)
    .filter((text) => announced.exec(text)?.[2] !== 'USER MAPPING')
    .join('')
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
