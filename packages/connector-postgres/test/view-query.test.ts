import { describe, expect, it } from 'vitest'
import { queryOfAnyVersion } from '../src/definitions/view-query.ts'

// As PostgreSQL 15 writes it, as 16 and newer ones do.
const same: readonly (readonly [string, string])[] = [
  [' SELECT t.a,\n    t.b\n   FROM public.t;', ' SELECT a,\n    b\n   FROM public.t;'],
  [
    ' SELECT p."Nom" AS n,\n    count(*) AS count\n   FROM s.patient p\n  WHERE (p.a > 1)\n  GROUP BY p."Nom";',
    ' SELECT "Nom" AS n,\n    count(*) AS count\n   FROM s.patient p\n  WHERE (a > 1)\n  GROUP BY "Nom";',
  ],
  [
    " SELECT t.a\n   FROM ONLY public.t\n  WHERE ((t.a <> 't.a'::text) AND (EXISTS ( SELECT 1\n           FROM public.u\n          WHERE (u.a = t.a))));",
    " SELECT a\n   FROM ONLY public.t\n  WHERE ((a <> 't.a'::text) AND (EXISTS ( SELECT 1\n           FROM public.u\n          WHERE (u.a = t.a))));",
  ],
  [
    ' SELECT "T t".a\n   FROM ( SELECT u.a,\n            v.b\n           FROM (public.u\n             JOIN public.v USING (a))) "T t";',
    ' SELECT a\n   FROM ( SELECT u.a,\n            v.b\n           FROM (public.u\n             JOIN public.v USING (a))) "T t";',
  ],
  [
    ' SELECT g.g\n   FROM generate_series(1, 10) g(g)\n ORDER BY g.g;',
    ' SELECT g\n   FROM generate_series(1, 10) g(g)\n ORDER BY g;',
  ],
  [
    ' SELECT t.a\n   FROM public.t TABLESAMPLE system (10) REPEATABLE (0);',
    ' SELECT a\n   FROM public.t TABLESAMPLE system (10) REPEATABLE (0);',
  ],
  [
    ' WITH w AS (\n         SELECT t.a\n           FROM public.t\n        )\n SELECT w.a\n   FROM w;',
    ' WITH w AS (\n         SELECT t.a\n           FROM public.t\n        )\n SELECT a\n   FROM w;',
  ],
]

// What says something is kept.
const kept: readonly string[] = [
  ' SELECT a.x,\n    b.x\n   FROM public.a,\n    public.b;',
  ' SELECT a.x\n   FROM (public.a\n     JOIN public.b ON ((a.x = b.x)));',
  ' SELECT t.a\n   FROM public.t\nUNION\n SELECT u.a\n   FROM public.u;',
  ' SELECT s.t(1) AS t\n   FROM public.u;',
  " SELECT 't.a'::text AS text;",
]

describe('the query of a view', () => {
  it.each(same)('is the same from every version: %s', (before16, later) => {
    expect(queryOfAnyVersion(before16)).toBe(later)
    expect(queryOfAnyVersion(later)).toBe(later)
  })

  it.each(kept)('keeps what tells two relations apart: %s', (query) => {
    expect(queryOfAnyVersion(query)).toBe(query)
  })
})
