import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connectorCases, type Mutation, type TestPlace } from '@restitute/conformance'
import { describe, expect, it } from 'vitest'
import { ociConnector } from '../src/index.ts'
import { parts } from './hostile-registry.ts'
import { type Blob, descriptor, type Image, image } from './images.ts'
import { spec, temporaryFolder } from './support.ts'

const [one, two] = [image('one', [50_000, 700]), image('two', [3_000])]

function write(layout: string, named: Readonly<Record<string, Image>>): void {
  const put = (name: string, bytes: Buffer | string): void => {
    mkdirSync(dirname(join(layout, name)), { recursive: true })
    writeFileSync(join(layout, name), bytes)
  }
  const blobs: Blob[] = Object.values(named).flatMap((one) => parts(one))
  for (const { digest, bytes } of blobs) put(`blobs/${digest.replace(':', '/')}`, bytes)
  const manifests = Object.entries(named).map(([name, { manifest }]) =>
    descriptor(manifest, { annotations: { 'org.opencontainers.image.ref.name': name } }),
  )
  put('index.json', JSON.stringify({ schemaVersion: 2, manifests }))
  put('oci-layout', '{"imageLayoutVersion":"1.0.0"}')
}

async function place(fill: (layout: string) => void): Promise<TestPlace> {
  const folder = temporaryFolder()
  const layout = join(folder.path, 'layout')
  fill(layout)
  return {
    spec: spec(`layout:${layout}`),
    digest: async () => digestOf(folder.path),
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  }
}

function digestOf(folder: string): string {
  const hash = createHash('sha256')
  for (const name of existsSync(folder)
    ? (readdirSync(folder, { recursive: true }) as string[]).sort()
    : []) {
    hash.update(`${name}\n`)
    if (statSync(join(folder, name)).isFile()) hash.update(readFileSync(join(folder, name)))
  }
  return hash.digest('hex')
}

const mutation = (
  name: string,
  change: Mutation['change'],
  item: string,
  named: Readonly<Record<string, Image>>,
): Mutation => ({
  name,
  change,
  apply: async ({ url }) => {
    write(url.slice('oci:layout:'.length), named)
    return item
  },
})

describe('conformance of image layouts', () => {
  const cases = connectorCases({
    connector: ociConnector,
    source: () => place((layout) => write(layout, { one, two })),
    target: () => place(() => {}),
    unreachable: spec('layout:/no-such-folder/images'),
    mutations: [
      mutation('a name is added', 'new', 'tag/three', { one, two, three: image('three', [10]) }),
      mutation('a name moves', 'changed', 'tag/two', { one, two: one }),
      mutation('a name is taken away', 'removed', 'tag/two', { one }),
    ],
  })
  it.each(cases)('$name', async ({ run }) => {
    await run()
    expect.assertions(0)
  })
})
