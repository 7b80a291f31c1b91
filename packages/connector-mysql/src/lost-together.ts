import type { DefinedObject } from './defined-object.ts'
import { lostObject } from './made.ts'

/**
 * The same objects; a view or a trigger is lost, too, where what it needs is: one of the tables `unmade`, a routine,
 * another view.
 */
export function lostTogether(objects: readonly DefinedObject[], unmade: Iterable<string>): DefinedObject[] {
  const gone = new Set(unmade)
  for (const { id, lost } of objects) if (lost !== undefined) gone.add(id)
  for (let all = [...objects]; ; ) {
    const next = all.map((one) => {
      const missing = one.lost === undefined && [...(one.needs ?? [])].find((id) => gone.has(id))
      return missing ? { ...one, ...lostObject(one, `it needs ${missing}, which is lost`) } : one
    })
    const more = next.filter(({ id, lost }) => lost !== undefined && !gone.has(id))
    if (more.length === 0) return next
    for (const { id } of more) gone.add(id)
    all = next
  }
}
