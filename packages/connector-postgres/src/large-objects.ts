import type { Item } from '@restitute/core'
import { apart } from './apart.ts'
import { grantStatement, grants } from './definitions/grants.ts'
import { sha256 } from './digest.ts'
import { lossOf } from './errors.ts'
import { literal, quoted } from './location.ts'
import type { Session } from './session.ts'
import { isSuperuser } from './settings.ts'

/** Bytes of a part of a large object: one is held in memory, by the server too. */
export const pieceBytes: number = 4 * 1024 * 1024

const page = 500
const idPrefix = 'large-object/'

/** Id of a large object's item: its number with ten digits, so that ids ascend as the numbers do. */
export function largeObjectId(oid: string): string {
  return idPrefix + oid.padStart(10, '0')
}

/** Number of a large object out of its item's id. */
export function oidOf(id: string): string {
  return id.slice(idPrefix.length).replace(/^0+(?=.)/, '')
}

/** Numbers of those that the reading role may read, as SQL: a server before 18 has no function that tells. */
export function readableLargeObjects(version: number): string {
  const granted = `EXISTS (SELECT FROM pg_catalog.aclexplode(coalesce(m.lomacl, pg_catalog.acldefault('L', m.lomowner))) g
    WHERE g.privilege_type = 'SELECT' AND (g.grantee = 0 OR pg_catalog.pg_has_role(g.grantee, 'USAGE')))`
  const all = `${isSuperuser} OR pg_catalog.current_setting('lo_compat_privileges') = 'on'`
  const may = version < 18 ? `${all} OR ${granted}` : "pg_catalog.has_largeobject_privilege(m.oid, 'SELECT')"
  return `SELECT m.oid FROM pg_catalog.pg_largeobject_metadata m WHERE ${may} ORDER BY m.oid`
}

/** Every large object, ascending, in pages: there may be millions. */
export async function* largeObjectItems(session: Session, signal: AbortSignal): AsyncIterable<Item> {
  for (let last = '0'; ; ) {
    const rows = await session.rows(
      signal,
      `SELECT m.oid, jsonb_build_object('owner', pg_catalog.pg_get_userbyid(m.lomowner), 'grants', ${grants('m.lomacl', 'L', 'm.lomowner')},
         'comment', pg_catalog.obj_description(m.oid, 'pg_largeobject'))::text
       FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid > $1::pg_catalog.oid ORDER BY m.oid LIMIT ${page}`,
      [last],
    )
    for (const [oid, about] of rows) yield await largeObjectItem(session, oid ?? '', about ?? '{}', signal)
    if (rows.length < page) return
    last = rows.at(-1)?.[0] ?? ''
  }
}

/** Its digest covers content, owner, rights and comment. */
async function largeObjectItem(
  session: Session,
  oid: string,
  about: string,
  signal: AbortSignal,
): Promise<Item> {
  const id = largeObjectId(oid)
  try {
    await using _apart = await apart(session, signal)
    const size = await sizeOf(session, oid, signal)
    const [[content = ''] = []] = await session.rows(
      signal,
      `SELECT pg_catalog.encode(pg_catalog.sha256(coalesce(pg_catalog.string_agg(pg_catalog.sha256(
         pg_catalog.lo_get($1::pg_catalog.oid, o, ${pieceBytes})), ''::bytea ORDER BY o), '')), 'hex')
       FROM pg_catalog.generate_series(0, $2::pg_catalog.int8 - 1, ${pieceBytes}) o`,
      [oid, String(size)],
    )
    const attributes = JSON.parse(about) as { owner: string; grants: string[] | null; comment: string | null }
    const digest = sha256(JSON.stringify([content, attributes.owner, attributes.grants, attributes.comment]))
    return {
      id,
      kind: 'large-object',
      bytes: size,
      mark: digest,
      digest,
      attributes: { ...attributes, content: content ?? '' },
    }
  } catch (error) {
    return { id, kind: 'large-object', bytes: 0, mark: 'unreadable', lost: lossOf(error) }
  }
}

async function sizeOf(session: Session, oid: string, signal: AbortSignal): Promise<number> {
  const [[size] = []] = await session.rows(
    signal,
    `WITH f AS MATERIALIZED (SELECT pg_catalog.lo_open($1::pg_catalog.oid, 262144) AS fd),
       s AS MATERIALIZED (SELECT fd, pg_catalog.lo_lseek64(fd, 0, 2) AS size FROM f)
     SELECT size, pg_catalog.lo_close(fd) FROM s`,
    [oid],
  )
  return Number(size)
}

/** A stretch of a large object. */
export async function pieceOf(
  session: Session,
  oid: string,
  offset: number,
  length: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const [[hex = ''] = []] = await session.rows(
    signal,
    "SELECT pg_catalog.encode(pg_catalog.lo_get($1::pg_catalog.oid, $2::pg_catalog.int8, $3::pg_catalog.int4), 'hex')",
    [oid, String(offset), String(length)],
  )
  return Buffer.from(hex ?? '', 'hex')
}

/** What a large object is apart from its content, as statements: run when it exists. */
export function largeObjectScript(
  oid: string,
  {
    owner,
    grants: rights,
    comment,
  }: { owner: string; grants: readonly string[] | null; comment: string | null },
): string {
  return [
    `ALTER LARGE OBJECT ${oid} OWNER TO ${quoted(owner)};\n`,
    ...(rights ?? []).map((right) => grantStatement(right, `LARGE OBJECT ${oid}`)),
    ...(comment === null ? [] : [`COMMENT ON LARGE OBJECT ${oid} IS ${literal(comment)};\n`]),
  ].join('')
}
