import { inCatalog } from '../catalog-functions.ts'
import { notOfExtension, userSchemas } from '../user-objects.ts'
import { grants } from './grants.ts'
import { isUsualNotNull } from './not-null.ts'
import { collation, type DefinitionQuery, goesWith } from './types.ts'

const owner = (oid: string): string => `pg_catalog.pg_get_userbyid(${oid})`
const comment = (oid: string, catalog: string): string =>
  `'comment', pg_catalog.obj_description(${oid}, '${catalog}')`
const type = (oid: string): string => `CASE WHEN ${oid} <> 0 THEN pg_catalog.format_type(${oid}, NULL) END`

const given = (procedure: string): string => `CASE WHEN ${procedure} <> 0 THEN ${procedure}::text END`

const attributes = `(SELECT jsonb_agg(jsonb_build_array(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), 
    coalesce(CASE WHEN a.attcollation <> at.typcollation THEN to_jsonb(${collation('a.attcollation')}) END, 'false'),
    pg_catalog.col_description(a.attrelid, a.attnum)) ORDER BY a.attnum)
  FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type at ON at.oid = a.atttypid
  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)`

const range = `(SELECT jsonb_build_array(pg_catalog.format_type(r.rngsubtype, NULL), o.opcname, r.rngcanonical::pg_catalog.regproc,
    r.rngsubdiff::pg_catalog.regproc, ${collation('r.rngcollation')})
  FROM pg_catalog.pg_range r JOIN pg_catalog.pg_opclass o ON o.oid = r.rngsubopc WHERE r.rngtypid = t.oid)`

/** What few types have of their own. */
const further = `(SELECT nullif(jsonb_strip_nulls(jsonb_build_object(
    'modifierIn', ${given('t.typmodin')}, 'modifierOut', ${given('t.typmodout')}, 'analyze', ${given('t.typanalyze')}, 'subscript', ${given('t.typsubscript')},
    'delimiter', nullif(t.typdelim, ','), 'preferred', nullif(t.typispreferred, false), 'collation', nullif(t.typcollation, 0))), '{}'))`

const domainCollation = `CASE WHEN t.typcollation <> (SELECT b.typcollation FROM pg_catalog.pg_type b WHERE b.oid = t.typbasetype)
  THEN ${collation('t.typcollation')} END`

const domainChecks = `(SELECT jsonb_object_agg(k.conname, pg_catalog.pg_get_constraintdef(k.oid)) FROM pg_catalog.pg_constraint k
  WHERE k.contypid = t.oid AND (k.contype = 'c' OR k.contype = 'n' AND NOT ${isUsualNotNull('k.conname', 't.typname')}))`

const checkComments = `(SELECT jsonb_object_agg(k.conname, e.description) FROM pg_catalog.pg_constraint k
  JOIN pg_catalog.pg_description e ON e.classoid = k.tableoid AND e.objoid = k.oid WHERE k.contypid = t.oid)`

const aggregate = `(SELECT to_jsonb(ARRAY[a.aggkind::text, a.aggtransfn::text, a.aggfinalfn::text, a.aggcombinefn::text, a.aggserialfn::text,
    a.aggdeserialfn::text, a.aggmtransfn::text, a.aggminvtransfn::text, a.aggmfinalfn::text, a.aggfinalextra::text,
    a.aggmfinalextra::text, a.aggfinalmodify::text, a.aggmfinalmodify::text, a.aggsortop::pg_catalog.regoperator::text,
    ${type('a.aggtranstype')}, a.aggtransspace::text, ${type('a.aggmtranstype')}, a.aggmtransspace::text, a.agginitval, a.aggminitval])
  FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid = p.oid)`

/**
 * Functions, types, operators. Of a function what the view's own catalogue says, not pg_get_functiondef, which tells what
 * it is now: nothing keeps a function from being changed while an export reads.
 */
export const routineQueries: readonly DefinitionQuery[] = [
  {
    kind: `CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END`,
    names: `ARRAY[n.nspname, p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')']`,
    meaning: `'owner', ${owner('p.proowner')}, 'grants', ${grants('p.proacl', 'f', 'p.proowner')}, ${comment('p.oid', 'pg_proc')},
      'source', p.prosrc, 'library', p.probin, 'body', CASE WHEN p.prosqlbody IS NOT NULL THEN pg_catalog.pg_get_function_sqlbody(p.oid) END,
      'language', (SELECT l.lanname FROM pg_catalog.pg_language l WHERE l.oid = p.prolang),
      'arguments', pg_catalog.pg_get_function_arguments(p.oid), 'volatile', p.provolatile, 'strict', p.proisstrict,
      'definer', p.prosecdef, 'leakproof', p.proleakproof, 'cost', p.procost, 'rows', p.prorows, 'settings', p.proconfig,
      'support', CASE WHEN p.prosupport <> 0 THEN p.prosupport::text END, 'window', CASE WHEN p.prokind = 'w' THEN true END,
      'transforms', (SELECT jsonb_agg(pg_catalog.format_type(f, NULL)) FROM pg_catalog.unnest(p.protrftypes) f),
      'aggregate', ${aggregate}, 'result', pg_catalog.pg_get_function_result(p.oid), 'parallel', p.proparallel, 'goesWith', ${goesWith('pg_proc', 'p.oid')}`,
    from: `pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE (${userSchemas} OR ${inCatalog}) AND ${notOfExtension('pg_proc', 'p.oid')}
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend i WHERE i.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
          AND i.objid = p.oid AND i.deptype = 'i')`,
  },
  {
    kind: `CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite' WHEN 'r' THEN 'range' ELSE 'type' END`,
    names: 'ARRAY[n.nspname, t.typname]',
    meaning: `'owner', ${owner('t.typowner')}, 'grants', ${grants('t.typacl', 'T', 't.typowner')}, ${comment('t.oid', 'pg_type')},
      'labels', (SELECT jsonb_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid),
      'base', CASE WHEN t.typbasetype <> 0 THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END, 'notNull', t.typnotnull, 'collation', ${domainCollation},
      'default', coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault), 'checks', ${domainChecks}, 'checkComments', ${checkComments}, 'attributes', ${attributes}, 'range', ${range},
      'functions', CASE WHEN t.typtype = 'b' THEN to_jsonb(ARRAY[t.typinput::text, t.typoutput::text, t.typreceive::text, t.typsend::text,
        t.typlen::text, t.typbyval::text, t.typalign::text, t.typstorage::text, t.typcategory::text]) END,
      'further', CASE WHEN t.typtype = 'b' THEN ${further} END`,
    from: `pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
      LEFT JOIN pg_catalog.pg_class rc ON rc.oid = t.typrelid
      WHERE ${userSchemas} AND ${notOfExtension('pg_type', 't.oid')} AND t.typtype <> 'm' AND t.typisdefined
        AND (t.typrelid = 0 OR rc.relkind = 'c')
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_type el WHERE el.typarray = t.oid)`,
  },
  {
    kind: "'operator'",
    names: `ARRAY[n.nspname, o.oprname || '(' || coalesce(${type('o.oprleft')}, 'none') || ',' || coalesce(${type('o.oprright')}, 'none') || ')']`,
    meaning: `'owner', ${owner('o.oprowner')}, ${comment('o.oid', 'pg_operator')}, 'function', o.oprcode::text,
      'commutator', o.oprcom::pg_catalog.regoperator::text, 'negator', o.oprnegate::pg_catalog.regoperator::text,
      'restrict', o.oprrest::text, 'join', o.oprjoin::text, 'hashes', o.oprcanhash, 'merges', o.oprcanmerge`,
    from: `pg_catalog.pg_operator o JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
      WHERE o.oprcode <> 0 AND ${userSchemas} AND ${notOfExtension('pg_operator', 'o.oid')}`,
  },
  {
    kind: "'operator-class'",
    names: `ARRAY[n.nspname, o.opcname || ' ' || m.amname]`,
    meaning: `'owner', ${owner('o.opcowner')}, ${comment('o.oid', 'pg_opclass')}, 'type', ${type('o.opcintype')},
      'key', ${type('o.opckeytype')}, 'usual', o.opcdefault, 'family', f.opfname`,
    from: `pg_catalog.pg_opclass o JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace JOIN pg_catalog.pg_am m ON m.oid = o.opcmethod
      JOIN pg_catalog.pg_opfamily f ON f.oid = o.opcfamily WHERE ${userSchemas} AND ${notOfExtension('pg_opclass', 'o.oid')}`,
  },
  {
    kind: "'operator-family'",
    names: `ARRAY[n.nspname, f.opfname || ' ' || m.amname]`,
    meaning: `'owner', ${owner('f.opfowner')}, ${comment('f.oid', 'pg_opfamily')},
      'operators', (SELECT jsonb_agg(jsonb_build_array(a.amopstrategy, a.amopopr::pg_catalog.regoperator, a.amoppurpose) ORDER BY a.amopstrategy, a.amopopr::pg_catalog.regoperator::text COLLATE "C")
        FROM pg_catalog.pg_amop a WHERE a.amopfamily = f.oid),
      'functions', (SELECT jsonb_agg(jsonb_build_array(a.amprocnum, a.amproc::pg_catalog.regprocedure) ORDER BY a.amprocnum, a.amproc::pg_catalog.regprocedure::text COLLATE "C")
        FROM pg_catalog.pg_amproc a WHERE a.amprocfamily = f.oid)`,
    from: `pg_catalog.pg_opfamily f JOIN pg_catalog.pg_namespace n ON n.oid = f.opfnamespace JOIN pg_catalog.pg_am m ON m.oid = f.opfmethod
      WHERE ${userSchemas} AND ${notOfExtension('pg_opfamily', 'f.oid')}`,
  },
  {
    kind: "'cast'",
    names: `ARRAY[pg_catalog.format_type(c.castsource, NULL) || ' as ' || pg_catalog.format_type(c.casttarget, NULL)]`,
    meaning: `${comment('c.oid', 'pg_cast')}, 'function', CASE WHEN c.castfunc <> 0 THEN c.castfunc::pg_catalog.regprocedure::text END, 'context', c.castcontext, 'method', c.castmethod`,
    from: `pg_catalog.pg_cast c WHERE c.oid >= 16384 AND ${notOfExtension('pg_cast', 'c.oid')}`,
  },
]
