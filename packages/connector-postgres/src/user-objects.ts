/** Condition on `n` (pg_namespace): schemas of users. */
export const userSchemas = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"

/** Condition that an object is no part of an extension. */
export function notOfExtension(catalog: string, oid: string): string {
  return `NOT EXISTS (SELECT FROM pg_catalog.pg_depend x WHERE x.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND x.objid = ${oid} AND x.objsubid = 0 AND x.deptype = 'e')`
}
