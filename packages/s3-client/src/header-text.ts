import { isUtf8 } from 'node:buffer'

/** The little that is used of a middleware's arguments. */
interface Args {
  readonly request: unknown
}

/**
 * Middleware that sends header values as their UTF-8 bytes, the same bytes that were signed: Node would send each
 * character as one byte, and the signature would not fit.
 */
export function utf8Headers<A extends Args, R>(next: (args: A) => Promise<R>): (args: A) => Promise<R> {
  return (args) => {
    const { headers } = args.request as { headers?: Record<string, string> }
    for (const [name, value] of Object.entries(headers ?? {})) {
      // oxlint-disable-next-line no-control-regex
      if (headers && /[^\u0000-\u007f]/.test(value)) headers[name] = Buffer.from(value).toString('latin1')
    }
    return next(args)
  }
}

/** What a header value says: Node gives each of its bytes as one character. */
export function headerText(value: string): string {
  const bytes = Buffer.from(value, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : value
}
