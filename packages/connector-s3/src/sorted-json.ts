import type { Json } from '@restitute/core'

/** The same value with the members of every object in ascending order, as RFC 8785 asks for. */
export function sortedJson(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortedJson)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedJson(inner as Json)]))
}
