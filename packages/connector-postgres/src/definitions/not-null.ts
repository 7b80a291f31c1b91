const longestName = 63

/**
 * SQL: whether a NOT NULL has the name that the server itself gives it (18 on, of domains 17), which `of` begins: then that of a
 * database of an older version, where it has none, comes to the same. A number follows where that name was taken; of long ones the
 * server cuts the beginning.
 */
export function isUsualNotNull(name: string, of: string): string {
  const usual = `${of} || '_not_null'`
  return `CASE WHEN pg_catalog.octet_length(${usual}) > ${longestName} THEN ${name} ~ '_not_null[0-9]*$'
    ELSE pg_catalog.regexp_replace(${name}, '[0-9]+$', '') = ${usual} END`
}
