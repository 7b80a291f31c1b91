import { isRaw } from './session.ts'

/** A schema's object as ids have it: `public.patients`, `"Été"."a ""b"""`. The same on every server and version. */
export function label(...names: readonly string[]): string {
  return names.map((name) => (plain.test(name) ? name : `"${name.replaceAll('"', '""')}"`)).join('.')
}

/** Whether one of these names came as bytes that are no UTF-8, where the server cannot convert them: no statement of ours can say it. */
export function isUnsayable({ encoding }: { readonly encoding: string }, names: readonly string[]): boolean {
  return isRaw(encoding) && names.some((name) => name.includes('\ufffd'))
}

export const unsayable =
  'its name, or that of a column, is no UTF-8 although the database has no encoding (SQL_ASCII): rename it and export again'

/** These labels, each once: names that are no UTF-8 may look the same. */
export function apartLabels(labels: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return labels.map((one) => {
    const times = (seen.get(one) ?? 0) + 1
    seen.set(one, times)
    return times === 1 ? one : one.replace(/"?$/, ` (${times})$&`)
  })
}

const plain = /^[a-z_][a-z0-9_$]*$/
