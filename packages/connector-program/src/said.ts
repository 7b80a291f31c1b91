import type { Json, JsonObject } from '@restitute/core'
import type { Frames } from './frames.ts'

/** Members of a line, each checked; a wrong one is `hostile-input`. */
export class Said {
  readonly #members: JsonObject
  readonly #frames: Frames

  constructor(value: Json | undefined, frames: Frames, what: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw frames.broken(`{"${what}":{…}}`, 'something else')
    }
    this.#members = value as JsonObject
    this.#frames = frames
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#fail(name, 'a text')
  }

  optionalText(name: string): string | undefined {
    const value = this.#members[name]
    if (value === undefined || value === null) return undefined
    return typeof value === 'string' && value.isWellFormed() ? value : this.#fail(name, 'a text')
  }

  /** A whole number from 0 to 2⁵³ − 1. */
  count(name: string): number {
    return this.optionalCount(name) ?? this.#fail(name, 'a whole number')
  }

  optionalCount(name: string): number | undefined {
    const value = this.#members[name]
    if (value === undefined || value === null) return undefined
    const isCount = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    return isCount ? value : this.#fail(name, 'a whole number')
  }

  texts(name: string): readonly string[] {
    const value = this.#members[name]
    if (value === undefined) return []
    const isTexts = Array.isArray(value) && value.every((one) => typeof one === 'string')
    return isTexts ? (value as string[]) : this.#fail(name, 'a list of texts')
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.text(name)
    return allowed.find((one) => one === value) ?? this.#fail(name, allowed.join(', '))
  }

  value(name: string): Json | undefined {
    return this.#members[name]
  }

  object(name: string): JsonObject | undefined {
    const value = this.#members[name]
    if (value === undefined || value === null) return undefined
    if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject
    return this.#fail(name, 'an object')
  }

  #fail(name: string, expected: string): never {
    throw this.#frames.broken(`${expected} as "${name}"`, 'something else')
  }
}
