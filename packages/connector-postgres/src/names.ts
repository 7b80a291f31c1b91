import { shown } from './raw-text.ts'

/** A schema's object as ids have it: `public.patients`, `"Été"."a ""b"""`. The same on every server and version. */
export function label(...names: readonly string[]): string {
  return names.map((name) => (plain.test(name) ? name : `"${shown(name).replaceAll('"', '""')}"`)).join('.')
}

/** These labels, in the order of their names, each once: `\x` in one may be a byte that is no UTF-8, or stand there. */
export function apartLabels(labels: readonly string[]): string[] {
  const seen = new Map<string, number>()
  return labels.map((one) => {
    const times = (seen.get(one) ?? 0) + 1
    seen.set(one, times)
    return times === 1 ? one : one.replace(/"?$/, ` (${times})$&`)
  })
}

const plain = /^[a-z_][a-z0-9_$]*$/
