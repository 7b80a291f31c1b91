/** Settings under which equal values have equal texts, and texts are read as they were written, whoever reads or writes. */
export const steady: Readonly<Record<string, string>> = {
  search_path: '',
  row_security: 'off',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'iso_8601',
  TimeZone: 'UTC',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  xmloption: 'content',
  lc_monetary: 'C',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
}

/** As SQL, a statement each. */
export function setStatements(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).map(
    ([name, value]) => `SET ${name} = ${name === 'DateStyle' ? value : `'${value}'`};\n`,
  )
}

/** As the options of a connection by libpq. */
export function connectionOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ')
}

/** SQL: whether this session is a superuser's. */
export const isSuperuser = '(SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)'

/**
 * SQL that is run with `replica` before rows are loaded, with `origin` after it. Meanwhile nothing is done by what an extension has set
 * on its own tables, foreign keys too: rows come in no order of theirs; nor by event triggers. Only a superuser can say so.
 */
export function triggersAs(role: 'replica' | 'origin'): string {
  return `SELECT pg_catalog.set_config('session_replication_role', '${role}', false) WHERE ${isSuperuser};\n`
}
