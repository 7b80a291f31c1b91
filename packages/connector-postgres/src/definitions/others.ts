import { deliveredRoles } from '../roles.ts'
import { notOfExtension, userSchemas } from '../user-objects.ts'
import { grants } from './grants.ts'
import { type DefinitionQuery, sorted } from './types.ts'

const owner = (oid: string): string => `pg_catalog.pg_get_userbyid(${oid})`
const comment = (oid: string, catalog: string): string =>
  `'comment', pg_catalog.obj_description(${oid}, '${catalog}')`
// Columns that some versions do not have, or name otherwise.
const either = (row: string, ...names: readonly string[]): string =>
  `coalesce(${names.map((name) => `to_jsonb(${row}) -> '${name}'`).join(', ')})`

const called = (oid: string): string => `CASE WHEN ${oid} <> 0 THEN ${oid}::pg_catalog.regproc::text END`

const tokens = `(SELECT jsonb_agg(jsonb_build_array(m.maptokentype, m.mapseqno, d.dictname) ORDER BY m.maptokentype, m.mapseqno)
  FROM pg_catalog.pg_ts_config_map m JOIN pg_catalog.pg_ts_dict d ON d.oid = m.mapdict WHERE m.mapcfg = o.oid)`

const published = `(SELECT jsonb_agg(jsonb_build_array(tn.nspname, tc.relname, pg_catalog.pg_get_expr(r.prqual, r.prrelid),
    (SELECT jsonb_agg(a.attname ORDER BY a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)))
    ORDER BY tn.nspname, tc.relname) FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_class tc ON tc.oid = r.prrelid
    JOIN pg_catalog.pg_namespace tn ON tn.oid = tc.relnamespace WHERE r.prpubid = o.oid)`

// Of objects, of the database, of its roles.
const labelled = `SELECT provider FROM pg_catalog.pg_seclabel UNION SELECT s.provider FROM pg_catalog.pg_shseclabel s
  WHERE s.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass
    AND s.objoid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
  OR s.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND s.objoid IN ${deliveredRoles}`

/** What is neither table nor routine. */
export const otherQueries: readonly DefinitionQuery[] = [
  {
    kind: "'schema'",
    names: 'ARRAY[n.nspname]',
    meaning: `'owner', ${owner('n.nspowner')}, 'grants', ${grants('n.nspacl', 'n', 'n.nspowner')}, ${comment('n.oid', 'pg_namespace')}`,
    from: `pg_catalog.pg_namespace n WHERE ${userSchemas} AND ${notOfExtension('pg_namespace', 'n.oid')}`,
  },
  {
    kind: "'extension'",
    names: 'ARRAY[o.extname]',
    // pg_dump writes nothing of one that every database has.
    meaning: `'version', o.extversion, 'schema', n.nspname,
      'comment', CASE WHEN o.oid >= 16384 THEN pg_catalog.obj_description(o.oid, 'pg_extension') END`,
    from: 'pg_catalog.pg_extension o JOIN pg_catalog.pg_namespace n ON n.oid = o.extnamespace',
  },
  {
    kind: "'collation'",
    names: 'ARRAY[n.nspname, o.collname]',
    meaning: `'owner', ${owner('o.collowner')}, ${comment('o.oid', 'pg_collation')}, 'provider', o.collprovider, 'deterministic', o.collisdeterministic,
      'collate', o.collcollate, 'ctype', o.collctype, 'locale', ${either('o', 'colliculocale', 'colllocale')},
      'rules', ${either('o', 'collicurules')}`,
    from: `pg_catalog.pg_collation o JOIN pg_catalog.pg_namespace n ON n.oid = o.collnamespace WHERE ${userSchemas} AND ${notOfExtension('pg_collation', 'o.oid')}`,
  },
  {
    kind: "'conversion'",
    names: 'ARRAY[n.nspname, o.conname]',
    meaning: `'owner', ${owner('o.conowner')}, ${comment('o.oid', 'pg_conversion')}, 'from', o.conforencoding, 'to', o.contoencoding,
      'function', o.conproc::text, 'usual', o.condefault`,
    from: `pg_catalog.pg_conversion o JOIN pg_catalog.pg_namespace n ON n.oid = o.connamespace WHERE ${userSchemas} AND ${notOfExtension('pg_conversion', 'o.oid')}`,
  },
  {
    kind: "'text-search-configuration'",
    names: 'ARRAY[n.nspname, o.cfgname]',
    meaning: `'owner', ${owner('o.cfgowner')}, ${comment('o.oid', 'pg_ts_config')}, 'parser', p.prsname, 'tokens', ${tokens}`,
    from: `pg_catalog.pg_ts_config o JOIN pg_catalog.pg_namespace n ON n.oid = o.cfgnamespace JOIN pg_catalog.pg_ts_parser p ON p.oid = o.cfgparser
      WHERE ${userSchemas} AND ${notOfExtension('pg_ts_config', 'o.oid')}`,
  },
  {
    kind: "'text-search-dictionary'",
    names: 'ARRAY[n.nspname, o.dictname]',
    meaning: `'owner', ${owner('o.dictowner')}, ${comment('o.oid', 'pg_ts_dict')}, 'template', t.tmplname, 'options', o.dictinitoption`,
    from: `pg_catalog.pg_ts_dict o JOIN pg_catalog.pg_namespace n ON n.oid = o.dictnamespace JOIN pg_catalog.pg_ts_template t ON t.oid = o.dicttemplate
      WHERE ${userSchemas} AND ${notOfExtension('pg_ts_dict', 'o.oid')}`,
  },
  {
    kind: "'text-search-parser'",
    names: 'ARRAY[n.nspname, o.prsname]',
    meaning: `${comment('o.oid', 'pg_ts_parser')}, 'functions', ARRAY[o.prsstart::text, o.prstoken::text, o.prsend::text, o.prsheadline::text, o.prslextype::text]`,
    from: `pg_catalog.pg_ts_parser o JOIN pg_catalog.pg_namespace n ON n.oid = o.prsnamespace WHERE ${userSchemas} AND ${notOfExtension('pg_ts_parser', 'o.oid')}`,
  },
  {
    kind: "'text-search-template'",
    names: 'ARRAY[n.nspname, o.tmplname]',
    meaning: `${comment('o.oid', 'pg_ts_template')}, 'functions', ARRAY[o.tmplinit::text, o.tmpllexize::text]`,
    from: `pg_catalog.pg_ts_template o JOIN pg_catalog.pg_namespace n ON n.oid = o.tmplnamespace WHERE ${userSchemas} AND ${notOfExtension('pg_ts_template', 'o.oid')}`,
  },
  {
    kind: "'foreign-data-wrapper'",
    names: 'ARRAY[o.fdwname]',
    meaning: `'owner', ${owner('o.fdwowner')}, 'grants', ${grants('o.fdwacl', 'F', 'o.fdwowner')}, ${comment('o.oid', 'pg_foreign_data_wrapper')}, 'options', ${sorted('o.fdwoptions')},
      'handler', ${called('o.fdwhandler')}, 'validator', ${called('o.fdwvalidator')}`,
    from: `pg_catalog.pg_foreign_data_wrapper o WHERE ${notOfExtension('pg_foreign_data_wrapper', 'o.oid')}`,
  },
  {
    kind: "'foreign-server'",
    names: 'ARRAY[o.srvname]',
    meaning: `'owner', ${owner('o.srvowner')}, 'grants', ${grants('o.srvacl', 'S', 'o.srvowner')}, ${comment('o.oid', 'pg_foreign_server')},
      'type', o.srvtype, 'version', o.srvversion, 'options', ${sorted('o.srvoptions')}, 'wrapper', w.fdwname`,
    from: `pg_catalog.pg_foreign_server o JOIN pg_catalog.pg_foreign_data_wrapper w ON w.oid = o.srvfdw WHERE ${notOfExtension('pg_foreign_server', 'o.oid')}`,
  },
  {
    // Its options may hold secrets: not even a digest of them leaves.
    kind: "'user-mapping'",
    names: `ARRAY[o.srvname, o.usename]`,
    meaning: `'exists', true`,
    lost: `'how this server enters another one is of the host, and may hold a secret'`,
    from: 'pg_catalog.pg_user_mappings o',
  },
  {
    kind: "'publication'",
    names: 'ARRAY[o.pubname]',
    meaning: `'owner', ${owner('o.pubowner')}, ${comment('o.oid', 'pg_publication')}, 'all', o.puballtables, 'insert', o.pubinsert,
      'update', o.pubupdate, 'delete', o.pubdelete, 'truncate', o.pubtruncate, 'root', o.pubviaroot, 'generated', nullif(${either('o', 'pubgencols')}, '"n"'), 'tables', ${published},
      'schemas', (SELECT jsonb_agg(sn.nspname ORDER BY sn.nspname) FROM pg_catalog.pg_publication_namespace s
        JOIN pg_catalog.pg_namespace sn ON sn.oid = s.pnnspid WHERE s.pnpubid = o.oid)`,
    from: 'pg_catalog.pg_publication o',
    since: 15,
  },
  {
    kind: "'subscription'",
    names: 'ARRAY[o.subname]',
    meaning: `'owner', ${owner('o.subowner')}`,
    lost: `'its connection string may hold a secret and leads to a system of the host'`,
    from: 'pg_catalog.pg_subscription o WHERE o.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())',
  },
  {
    kind: "'event-trigger'",
    names: 'ARRAY[o.evtname]',
    meaning: `'owner', ${owner('o.evtowner')}, ${comment('o.oid', 'pg_event_trigger')}, 'event', o.evtevent, 'function', o.evtfoid::pg_catalog.regprocedure::text,
      'enabled', o.evtenabled, 'tags', o.evttags`,
    from: `pg_catalog.pg_event_trigger o WHERE ${notOfExtension('pg_event_trigger', 'o.oid')}`,
  },
  {
    kind: "'language'",
    names: 'ARRAY[o.lanname]',
    meaning: `'owner', ${owner('o.lanowner')}, 'grants', ${grants('o.lanacl', 'l', 'o.lanowner')}, ${comment('o.oid', 'pg_language')}, 'trusted', o.lanpltrusted,
      'handler', ${called('o.lanplcallfoid')}, 'inline', ${called('o.laninline')}, 'validator', ${called('o.lanvalidator')}`,
    from: `pg_catalog.pg_language o WHERE o.lanispl AND ${notOfExtension('pg_language', 'o.oid')}`,
  },
  {
    kind: "'transform'",
    names: `ARRAY[pg_catalog.format_type(o.trftype, NULL) || ' for ' || l.lanname]`,
    meaning: `${comment('o.oid', 'pg_transform')}, 'from', o.trffromsql::text, 'to', o.trftosql::text`,
    from: `pg_catalog.pg_transform o JOIN pg_catalog.pg_language l ON l.oid = o.trflang WHERE ${notOfExtension('pg_transform', 'o.oid')}`,
  },
  {
    kind: "'access-method'",
    names: 'ARRAY[o.amname]',
    meaning: `${comment('o.oid', 'pg_am')}, 'handler', o.amhandler::text, 'type', o.amtype`,
    from: `pg_catalog.pg_am o WHERE o.oid >= 16384 AND ${notOfExtension('pg_am', 'o.oid')}`,
  },
  {
    kind: "'default-privileges'",
    names: `ARRAY[${owner('o.defaclrole')}, coalesce(n.nspname, '*'), o.defaclobjtype::text]`,
    meaning: `'grants', (SELECT jsonb_agg(x ORDER BY x) FROM (SELECT g.privilege_type || ' ' || g.grantee::pg_catalog.regrole::text || g.is_grantable AS x
      FROM pg_catalog.aclexplode(o.defaclacl) g) e)`,
    from: 'pg_catalog.pg_default_acl o LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.defaclnamespace',
  },
  {
    kind: "'tablespace'",
    names: 'ARRAY[o.spcname]',
    meaning: `'exists', true`,
    lost: `'where the server keeps files is of the host: what lay there is delivered, and loaded into the usual place'`,
    from: `pg_catalog.pg_tablespace o WHERE EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.reltablespace = o.oid AND c.relpersistence <> 't'
        UNION ALL SELECT FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database() AND d.dattablespace = o.oid)
      AND o.spcname !~ '^pg_'`,
  },
  {
    kind: "'parameter-grant'",
    names: `ARRAY[${owner('g.grantee')}, o.parname, pg_catalog.lower(g.privilege_type)]`,
    meaning: `'exists', true`,
    lost: `'a right on a setting of the whole server is of the host: give it on the new one, if it is wanted there'`,
    from: `pg_catalog.pg_parameter_acl o, pg_catalog.aclexplode(o.paracl) g WHERE g.grantee IN ${deliveredRoles}`,
    since: 15,
  },
  {
    // One for each provider: some label every object.
    kind: "'security-labels'",
    names: 'ARRAY[o.provider]',
    meaning: `'exists', true`,
    lost: `'they mean something only to a module of the server: where that is not, nothing labelled could be rebuilt'`,
    from: `(${labelled}) o`,
  },
]
