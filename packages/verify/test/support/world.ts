import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { directoryDestination } from '@restitute/archive'
import type { PrivateKey } from '@restitute/seal'
import { afterAll, beforeAll, expect } from 'vitest'
import { exitOf, type FindingCode, type Report, type Trust, verifyPackage } from '../../src/index.ts'
import { newPerson } from './keys.ts'
import { makePackage } from './package.ts'

/** A sound package and the people around it; everything goes with the test file. */
export class World {
  top = ''
  host!: PrivateKey
  client!: PrivateKey
  stranger!: PrivateKey
  #copies = 0

  /** The sound package. */
  get sound(): string {
    return join(this.top, 'sound')
  }

  get trust(): Trust {
    return { signers: [this.host.publicKey] }
  }

  /** A folder that is not there yet. */
  fresh(): string {
    return join(this.top, `folder-${++this.#copies}`)
  }

  /** The sound package again, to be damaged. */
  async copy(): Promise<string> {
    const folder = this.fresh()
    await cp(this.sound, folder, { recursive: true })
    return folder
  }

  signatureIn(folder: string): string {
    return join(folder, `manifest.json.${this.host.fingerprint}.asc`)
  }

  outer(folder: string): Promise<Report> {
    return verifyPackage({ destination: directoryDestination(folder), trust: this.trust })
  }

  full(folder: string): Promise<Report> {
    const opener = { privateKeys: [this.client] }
    return verifyPackage({ destination: directoryDestination(folder), trust: this.trust, opener })
  }
}

/** Makes a {@link World} before the tests of a file. */
export function newWorld(): World {
  const world = new World()
  beforeAll(async () => {
    world.top = await mkdtemp(join(tmpdir(), 'restitute-verify-'))
    world.host = await newPerson('host')
    world.client = await newPerson('client')
    world.stranger = await newPerson('stranger')
    await makePackage(world.sound, world.host, world.client)
  })
  afterAll(() => rm(world.top, { recursive: true }))
  return world
}

/** The codes that were found, each once, beside the loss that the sound package states itself. */
export function codes(report: Report): FindingCode[] {
  return [...new Set(report.findings.map(({ code }) => code).filter((code) => code !== 'items-lost'))]
}

/** Exactly this was found, and it makes the whole invalid. */
export function expectFound(report: Report, code: FindingCode): void {
  expect(codes(report)).toEqual([code])
  expect(exitOf(report)).toBe(3)
}
