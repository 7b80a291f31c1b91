import type { Outcome, Session } from './session.ts'

/** Values of a command's options, by their long name in camel case, as commander gives them. */
export type OptionValues = Readonly<Record<string, unknown>>

/** One command: what `--help` shows and what it does. */
export interface CommandDefinition {
  readonly name: string
  /** Commander's notation: `<package...>`, `[dir]`. */
  readonly args: string
  readonly summary: string
  /** Flags in commander's notation, and what they are for. */
  readonly options: readonly OptionDefinition[]
  /** Lines shown under "Examples"; at least one. */
  readonly examples: readonly string[]
  /** Lines shown after them, for what no option says. */
  readonly notes?: readonly string[]
  run(session: Session, args: readonly string[], options: OptionValues): Promise<Outcome>
}

/** One option of a command. */
export interface OptionDefinition {
  readonly flags: string
  readonly description: string
  readonly required?: boolean
  readonly repeatable?: boolean
  readonly choices?: readonly string[]
  readonly default?: string
}

/** For commands to which a place of any kind can be typed. */
export const secretOption: OptionDefinition = {
  flags: '--secret <reference>',
  description: 'secret of the s3: or sftp: place: env:NAME, file:/path or exec:command',
}

/** A text option, if it was given. */
export function text(options: OptionValues, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** Those of the named text options that were given, to be spread into what a command takes. */
export function given<Name extends string>(
  options: OptionValues,
  ...names: readonly Name[]
): { readonly [name in Name]?: string } {
  const found: { [name in Name]?: string } = {}
  for (const name of names) {
    const value = text(options, name)
    if (value !== undefined) found[name] = value
  }
  return found
}

/** A repeatable option's values, in order; none when it was not given. */
export function texts(options: OptionValues, name: string): readonly string[] {
  const value = options[name]
  return Array.isArray(value) ? value.map(String) : []
}

/** Whether a flag was given. */
export function flag(options: OptionValues, name: string): boolean {
  return options[name] === true
}
