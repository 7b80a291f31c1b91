import { createHash } from 'node:crypto'
import type { JsonObject } from '@restitute/core'

/** A network card. */
export interface Network {
  readonly mac?: string
  readonly model?: string
}

/** What a machine is beside its disks, as far as its description says. */
export interface MachineFacts {
  readonly name?: string
  readonly arch?: string
  readonly cpus?: number
  /** Bytes. */
  readonly memory?: number
  readonly firmware?: 'bios' | 'uefi'
  readonly tpm?: string
  readonly networks: readonly Network[]
}

/** The facts in one order, without what is unknown. */
export function factsJson({ name, arch, cpus, memory, firmware, tpm, networks }: MachineFacts): JsonObject {
  const cards = networks.map(({ mac, model }) => ({ ...(mac && { mac }), ...(model && { model }) }))
  return {
    ...(name !== undefined && { name }),
    ...(arch !== undefined && { arch }),
    ...(cpus !== undefined && { cpus }),
    ...(memory !== undefined && { memory }),
    ...(firmware !== undefined && { firmware }),
    ...(tpm !== undefined && { tpm }),
    networks: cards,
  }
}

/** SHA-256 of the JSON text of {@link factsJson}. */
export function factsDigest(facts: MachineFacts): string {
  return createHash('sha256')
    .update(JSON.stringify(factsJson(facts)))
    .digest('hex')
}

/** A whole number of a description, if it is one that can be believed. */
export function count(text: string | undefined): number | undefined {
  const number = text === undefined || !/^\d{1,15}$/.test(text) ? Number.NaN : Number(text)
  return Number.isSafeInteger(number) ? number : undefined
}

/** The facts of {@link factsJson} again; what does not fit is left out. */
export function factsOfJson(json: JsonObject): MachineFacts {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
  const { networks } = json
  const cards = (Array.isArray(networks) ? networks : []) as readonly JsonObject[]
  const facts = {
    name: text(json['name']),
    arch: text(json['arch']),
    cpus: number(json['cpus']),
    memory: number(json['memory']),
    firmware: json['firmware'] === 'uefi' || json['firmware'] === 'bios' ? json['firmware'] : undefined,
    tpm: text(json['tpm']),
  }
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))
  return {
    ...known,
    networks: cards.map((card) => {
      const [mac, model] = [text(card['mac']), text(card['model'])]
      return { ...(mac !== undefined && { mac }), ...(model !== undefined && { model }) }
    }),
  }
}
