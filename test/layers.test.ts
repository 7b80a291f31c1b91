import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Lowest first: a package may use those before it (design §2, "Direction"). */
const layers = [
  'core',
  'manifest',
  'seal',
  'archive',
  'verify',
  'dossier',
  'run',
  'destruction',
  'rehearsal',
  'documents',
]
/** Siblings on one layer that may not see each other. */
const apart: Readonly<Record<string, readonly string[]>> = {
  destruction: ['run'],
}
const drivers = [
  'pg',
  'pg-copy-streams',
  'mysql2',
  '@aws-sdk/client-s3',
  '@aws-sdk/lib-storage',
  '@smithy/signature-v4',
  'ssh2',
]
const seesCoreOnly = /^(connector|destination|engine)-|^conformance$|-client$/
/** How a kind of service is reached, for its connector and its destination (decision 16). */
const clients: Readonly<Record<string, readonly string[]>> = {
  's3-client': ['connector-s3', 'destination-s3'],
}

interface PackageJson {
  name: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const packages = readdirSync(join(root, 'packages')).map((name) => ({
  name,
  json: JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')) as PackageJson,
}))

function uses(json: PackageJson): string[] {
  return Object.keys(json.dependencies ?? {})
    .filter((name) => name.startsWith('@restitute/') && name !== '@restitute/manifests')
    .map((name) => name.slice('@restitute/'.length))
}

describe('layers', () => {
  it.each(packages)('$name carries its folder in its name', ({ name, json }) => {
    expect(json.name).toBe(`@restitute/${name}`)
  })

  it.each(packages.filter(({ name }) => seesCoreOnly.test(name)))(
    '$name sees core only',
    ({ name, json }) => {
      expect(uses(json).filter((used) => used !== 'core' && !clients[used]?.includes(name))).toEqual([])
    },
  )

  it.each(packages.filter(({ name }) => !seesCoreOnly.test(name)))(
    '$name uses lower layers only',
    ({ name, json }) => {
      const own = layers.indexOf(name)
      expect(own, `${name} has a layer`).toBeGreaterThanOrEqual(0)
      const wrong = uses(json).filter((used) => !(layers.indexOf(used) >= 0 && layers.indexOf(used) < own))
      expect(wrong).toEqual([])
      expect(uses(json).filter((used) => apart[name]?.includes(used))).toEqual([])
    },
  )

  it('verify and all below it install without a driver or a cloud SDK', () => {
    const below = packages.filter(
      ({ name }) => layers.indexOf(name) >= 0 && layers.indexOf(name) <= layers.indexOf('verify'),
    )
    expect(below.length).toBe(5)
    for (const { json } of below)
      expect(Object.keys(json.dependencies ?? {}).filter((d) => drivers.includes(d))).toEqual([])
  })

  it('every dependency outside the workspace is pinned to one exact version', () => {
    const manifests = [
      'package.json',
      'cli/package.json',
      ...packages.map(({ name }) => `packages/${name}/package.json`),
    ]
    for (const file of manifests) {
      const json = JSON.parse(readFileSync(join(root, file), 'utf8')) as PackageJson
      for (const [name, version] of Object.entries({ ...json.dependencies, ...json.devDependencies })) {
        expect(version, `${file}: ${name}`).toMatch(/^(workspace:|\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$)/)
      }
    }
  })

  it('core imports no other package of the workspace', () => {
    const folder = join(root, 'packages/core/src')
    for (const file of readdirSync(folder)) {
      expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(/from '@restitute\//)
    }
  })
})
