import type { JsonObject } from '@restitute/core'

/** A text of an event's body; empty when it has none of that name. */
export function bodyText(body: JsonObject, name: string): string {
  const value = body[name]
  return typeof value === 'string' ? value : ''
}

/** The texts of a list of an event's body, for instance its signers. */
export function bodyTexts(body: JsonObject, name: string): string[] {
  const value = body[name]
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}
