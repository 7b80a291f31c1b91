// Hashes of these hold numbers that the server gave (of the labels of an enum), or depend on a library of its.
const ownOpclasses = "('enum_ops', 'array_ops', 'record_ops', 'range_ops', 'multirange_ops')"

/**
 * SQL: tables partitioned by a hash that another server computes otherwise, `scattered(id, root)` with all that is below, and of
 * these `scattered_roots(id)`, the uppermost. Another server gives the rows to other partitions: they are read and loaded by the root.
 * Where one of the partitions is a foreign table they are not.
 */
export const scattered: string = `WITH RECURSIVE scattered(id, root) AS (
    SELECT p.partrelid, p.partrelid FROM pg_catalog.pg_partitioned_table p WHERE p.partstrat = 'h'
      AND (EXISTS (SELECT FROM pg_catalog.pg_opclass o WHERE o.oid = ANY (p.partclass) AND o.opcname IN ${ownOpclasses})
        OR EXISTS (SELECT FROM pg_catalog.pg_collation l WHERE l.oid = ANY (p.partcollation) AND NOT l.collisdeterministic))
    UNION SELECT i.inhrelid, s.root FROM scattered s JOIN pg_catalog.pg_inherits i ON i.inhparent = s.id),
  scattered_roots(id) AS (SELECT DISTINCT s.root FROM scattered s
    WHERE NOT EXISTS (SELECT FROM scattered b WHERE b.id = s.root AND b.root <> s.root)
      AND NOT EXISTS (SELECT FROM scattered f JOIN pg_catalog.pg_class fc ON fc.oid = f.id WHERE f.root = s.root AND fc.relkind = 'f'))`

/** SQL: whether the relation `oid` is read by its own, or by a root that it lies below. */
export function readByItself(oid: string): string {
  return `NOT EXISTS (SELECT FROM scattered s JOIN scattered_roots r ON r.id = s.root WHERE s.id = ${oid} AND s.id <> s.root)`
}
