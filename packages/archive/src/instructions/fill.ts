/** What the instructions of one package say of it. */
export interface Facts {
  /** Name of the package. */
  readonly package: string
  /** Fingerprint of the key that signs it, lower case. */
  readonly signer: string
}

/** The values of the instructions' placeholders. */
export function placeholders(facts: Facts): Record<string, string> {
  const upper = facts.signer.toUpperCase()
  return { ...facts, SIGNER: upper, printed: upper.replace(/(.{4})(?=.)/g, '$1 ') }
}

/** The text with every `{{name}}` replaced by its value; a name without value stays as it is. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => values[name] ?? whole)
}
