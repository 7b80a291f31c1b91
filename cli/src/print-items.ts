import { asRestituteError, type RestituteError } from '@restitute/core'
import type { Outcome } from './session.ts'
import { visibleLine, visibleText } from './visible.ts'

const together = 64 * 1024

/** Prints an outcome's items one by one, then its lines. */
export async function printItems(
  items: NonNullable<Outcome['items']>,
  lines: readonly string[],
): Promise<void> {
  const out = new Printer()
  for await (const { line } of items) if (!(await out.write(`${visibleLine(line)}\n`))) return
  for (const line of lines) await out.write(`${visibleText(line)}\n`)
  await out.end()
}

/**
 * Prints an outcome with items as one JSON document, `items` first; gives the exit status. What fails in the middle
 * of them is said at the end of the same document, with `describe`: nobody could read a second one.
 */
export async function printItemsJson(
  items: NonNullable<Outcome['items']>,
  rest: { readonly exit: number },
  describe: (error: RestituteError) => { readonly exit: number },
): Promise<number> {
  const out = new Printer()
  let before = '{\n  "items": ['
  let end = rest
  try {
    for await (const { json } of items) {
      if (!(await out.write(`${before}\n    ${JSON.stringify(json)}`))) return rest.exit
      before = ','
    }
  } catch (thrown) {
    end = describe(asRestituteError(thrown))
  }
  await out.write(`${before === ',' ? '' : before}\n  ],\n${JSON.stringify(end, undefined, 2).slice(2)}\n`)
  await out.end()
  return end.exit
}

/** Gathers small pieces for stdout, and waits while its reader is slow. */
class Printer {
  #held = ''

  /** False once nobody reads any more. */
  async write(text: string): Promise<boolean> {
    this.#held += text
    return this.#held.length < together || this.end()
  }

  async end(): Promise<boolean> {
    const held = this.#held
    this.#held = ''
    if (process.stdout.destroyed) return false
    return new Promise((resolve) => process.stdout.write(held, (error) => resolve(!error)))
  }
}
