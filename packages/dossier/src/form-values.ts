import { type Json, RestituteError } from '@restitute/core'
import { formMembers, type MemberForm } from './form-members.ts'

/** The members that were filled in when the form was asked for; `usage` for one that its kind has not. */
export function formValues(o: {
  readonly kind: string
  readonly set: ReadonlyMap<string, string>
}): Record<string, Json> {
  const { kind, set } = o
  const members = formMembers[kind] ?? formMembers['statement'] ?? {}
  const values = [...set].map(([name, text]) => {
    const form = members[name]
    if (form !== undefined) return [name, valueIn(form, name, text)] as const
    throw new RestituteError('usage', `form of a ${kind}: it has no member "${name}"`, {
      hint: `it has ${Object.keys(members).join(', ')}`,
    })
  })
  return Object.fromEntries(values)
}

function valueIn(form: MemberForm, name: string, text: string): Json {
  if (form !== 'number' || /^\d{1,15}$/.test(text)) return valueOf[form](text)
  throw new RestituteError('usage', `--set ${name}: expected a whole number such as 1200, got "${text}"`)
}

const valueOf: Readonly<Record<MemberForm, (text: string) => Json>> = {
  text: (text) => text,
  number: Number,
  list: partsOf,
  about: (text) => partsOf(text).map(aboutOf),
  signer: (name) => ({ name }),
}

function partsOf(text: string): string[] {
  return text.split(',').map((part) => part.trim())
}

/** `documents`, or `documents:2019/*`. */
function aboutOf(text: string): Json {
  const [source = '', ...items] = text.split(':')
  return items.length === 0 ? { source } : { source, items: items.join(':') }
}
