/** A schema's object as ids have it: `public.patients`, `"Été"."a ""b"""`. The same on every server and version. */
export function label(...names: readonly string[]): string {
  return names.map((name) => (plain.test(name) ? name : `"${name.replaceAll('"', '""')}"`)).join('.')
}

const plain = /^[a-z_][a-z0-9_$]*$/
