import { rightsBeyond } from './grants.ts'
import type { DefinitionQuery } from './types.ts'

/** A catalogue whose objects have rights: its number, theirs, their column's, their rights, the letter of `acldefault`, their owner. */
const of = (catalog: string, o: { acl: string; letter: string; owner: string; member: string }): string =>
  `SELECT '${catalog}'::pg_catalog.regclass AS class, c.oid AS id, 0 AS sub, c.${o.acl} AS acl, ${o.letter}::"char" AS letter, c.${o.owner} AS owner
   FROM pg_catalog.${catalog} c WHERE ${o.member} OR c.oid IN (SELECT x.objid FROM pg_catalog.pg_depend x
     WHERE x.classid = '${catalog}'::pg_catalog.regclass AND x.deptype = 'e')`

const never = 'false'
const inCatalog = (column: string): string =>
  `c.oid < 16384 AND c.${column} = 'pg_catalog'::pg_catalog.regnamespace`

const relations = of('pg_class', {
  ...{ acl: 'relacl', letter: "CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END", owner: 'relowner' },
  member: inCatalog('relnamespace'),
})

// As pg_dump has them: what lies in information_schema, and the server's own languages, it leaves out.
const objects = [
  relations,
  `SELECT r.class, r.id, a.attnum, a.attacl, 'c', r.owner FROM (${relations}) r
     JOIN pg_catalog.pg_attribute a ON a.attrelid = r.id WHERE a.attacl IS NOT NULL AND NOT a.attisdropped`,
  of('pg_proc', { acl: 'proacl', letter: "'f'", owner: 'proowner', member: inCatalog('pronamespace') }),
  of('pg_type', { acl: 'typacl', letter: "'T'", owner: 'typowner', member: inCatalog('typnamespace') }),
  of('pg_namespace', { acl: 'nspacl', letter: "'n'", owner: 'nspowner', member: "c.nspname = 'pg_catalog'" }),
  of('pg_language', { acl: 'lanacl', letter: "'l'", owner: 'lanowner', member: never }),
  of('pg_foreign_data_wrapper', { acl: 'fdwacl', letter: "'F'", owner: 'fdwowner', member: never }),
  of('pg_foreign_server', { acl: 'srvacl', letter: "'S'", owner: 'srvowner', member: never }),
].join(' UNION ALL ')

const usual = 'pg_catalog.acldefault(o.letter, o.owner)'
const changed = rightsBeyond(`coalesce(o.acl, ${usual})`, `coalesce(i.initprivs, ${usual})`)

/** Rights on what comes with the server or an extension, where they are others than those that it came with. */
export const rightsQueries: readonly DefinitionQuery[] = [
  {
    kind: "'rights'",
    names: 'ARRAY[d.type, d.identity]',
    meaning: `'grants', ${changed}`,
    from: `(${objects}) o LEFT JOIN pg_catalog.pg_init_privs i ON i.classoid = o.class AND i.objoid = o.id AND i.objsubid = o.sub,
      pg_catalog.pg_identify_object(o.class, o.id, o.sub) d
      WHERE o.acl IS DISTINCT FROM i.initprivs AND ${changed} IS NOT NULL`,
  },
]
