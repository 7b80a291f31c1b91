/** A list whose order means nothing, and is another one after a restoration, as SQL. */
export function sorted(list: string): string {
  return `(SELECT jsonb_agg(x ORDER BY x COLLATE "C") FROM pg_catalog.unnest(${list}) x)`
}

/** Name of a collation as SQL, with its schema unless it is the server's own: several schemas may have one of that name. */
export function collation(oid: string): string {
  return `(SELECT coalesce(nullif(l.collnamespace, 'pg_catalog'::pg_catalog.regnamespace)::pg_catalog.regnamespace::text || '.', '') || l.collname
    FROM pg_catalog.pg_collation l WHERE l.oid = ${oid})`
}

/** SQL: the extensions that an object goes with when they go (DEPENDS ON EXTENSION); NULL where there is none. */
export function goesWith(catalog: string, oid: string): string {
  return `(SELECT jsonb_agg(e.extname ORDER BY e.extname) FROM pg_catalog.pg_depend x JOIN pg_catalog.pg_extension e ON e.oid = x.refobjid
    WHERE x.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND x.objid = ${oid} AND x.deptype = 'x'
      AND x.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass)`
}

/** One kind of definition, as SQL over the catalogue. `n` is the schema where there is one. */
export interface DefinitionQuery {
  /** Expression: its kind. */
  readonly kind: string
  /** Expression: array of the names that its id consists of. */
  readonly names: string
  /** Arguments of jsonb_build_object: everything that it means, in words that do not depend on the server. */
  readonly meaning: string
  /** Expression: why it cannot be delivered, or NULL. */
  readonly lost?: string
  /** FROM and WHERE. */
  readonly from: string
  /** Oldest major version that has it. */
  readonly since?: number
}
