import { type Answer, locationIn, wholeBody } from './http.ts'
import type { Lost } from './manifest.ts'
import { hostile } from './names.ts'
import type { Asked, RegistryConnection } from './registry-connection.ts'

const mostListBytes = 64 * 1024 * 1024
const mostErrorBytes = 65_536
const pageEntries = 1000

/** A page of a list, or why there is none, and whether it is the registry that says so. */
export type Page =
  | { readonly list: Members }
  | (Lost & { readonly list?: never; readonly status: number; readonly isOwn: boolean })

type Members = Readonly<Record<string, unknown>>

/**
 * Pages of a list, following `Link` (RFC 8288), which a registry may leave out: `names` is the member of which a full page
 * is asked to go on after its last name.
 */
export async function* pagesOf(
  registry: RegistryConnection,
  path: string,
  asked: Asked,
  names?: 'tags' | 'repositories',
): AsyncIterable<Page> {
  const start = `${path}${names === undefined ? '' : `?n=${pageEntries}`}`
  const seen = new Set<string>()
  for (let next: string | undefined = start; next !== undefined; ) {
    if (seen.has(next))
      throw hostile(`${registry.origin.host} ${path}`, 'pages that end', 'a circle of pages')
    seen.add(next)
    const answer: Answer = await registry.ask(next, asked)
    if (answer.status !== 200) {
      const isOwn = await isRegistryError(answer)
      yield { ...(await registry.refused(answer.status, asked)), status: answer.status, isOwn }
      return
    }
    const { url } = registry.outgoing(next, asked)
    const list = listIn(
      await wholeBody(registry.outgoing(next, asked), answer, mostListBytes),
      registry.origin.host,
    )
    yield { list }
    next = nextOf(answer.headers['link'], url) ?? after(names === undefined ? [] : list[names], url)
  }
}

/** Whether an answer's body is an error in the form of the specification ("Error codes"); reads it away. */
async function isRegistryError(answer: Answer): Promise<boolean> {
  let text = ''
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      text += String(chunk)
      if (text.length > mostErrorBytes) return false
    }
    const { errors } = JSON.parse(text) as { errors?: unknown }
    return (
      Array.isArray(errors) && errors.some((one: { code?: unknown } | null) => typeof one?.code === 'string')
    )
  } catch {
    return false
  }
}

function listIn(body: Buffer, host: string): Members {
  try {
    const value: unknown = JSON.parse(body.toString())
    if (typeof value === 'object' && value !== null) return value as Members
  } catch {
    // Said below.
  }
  throw hostile(host, 'a list in JSON', 'something else')
}

function nextOf(link: string | string[] | undefined, from: URL): string | undefined {
  const found = /<([^>]*)>\s*;[^,]*\brel\s*=\s*"?next\b"?/i.exec(String(link ?? ''))?.[1]
  return found === undefined ? undefined : locationIn(found, from).href
}

/**
 * What comes after a full page that says of no next one; nothing where that would be the same page again. More than were asked
 * for are all of them, from a registry that knows no pages (distribution 2.8 has none of tags).
 */
function after(names: unknown, from: URL): string | undefined {
  const last: unknown = Array.isArray(names) && names.length === pageEntries ? names.at(-1) : undefined
  if (typeof last !== 'string' || last === from.searchParams.get('last')) return undefined
  const next = new URL(from)
  next.searchParams.set('n', String(pageEntries))
  next.searchParams.set('last', last)
  return next.href
}
