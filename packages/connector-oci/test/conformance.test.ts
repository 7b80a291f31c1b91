import { randomBytes } from 'node:crypto'
import { connectorCases, type Mutation, type TestPlace } from '@restitute/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { chooseRegistry } from '../../../test/services/registry.ts'
import { ociConnector } from '../src/index.ts'
import { factsOf, image, indexOf, pushImage, pushManifest } from './images.ts'

const server = await chooseRegistry()
afterAll(() => server?.[Symbol.asyncDispose]())

const { origin = '' } = server ?? {}
const amd = image('amd64', [50_000, 700])
const arm = image('arm64', [3_000])
const other = image('other', [2_000])

async function populate(repository: string): Promise<void> {
  await pushImage(origin, repository, amd)
  await pushImage(origin, repository, arm)
  await pushManifest(origin, repository, indexOf([amd, arm]), 'v1')
  await pushManifest(origin, repository, indexOf([amd, arm]), 'latest')
  await pushImage(origin, repository, other, 'other')
}

async function place(fill: (repository: string) => Promise<void>): Promise<TestPlace> {
  const repository = `tests/${randomBytes(6).toString('hex')}`
  await fill(repository)
  return {
    spec: { name: 'images', url: `oci:${origin}/${repository}` },
    digest: async () =>
      `${await factsOf(origin, repository)} ${server?.references(repository).join('\n') ?? ''}`,
    [Symbol.asyncDispose]: async () => server?.drop(repository),
  }
}

function mutation(
  name: string,
  change: Mutation['change'],
  item: string,
  act: (repository: string) => Promise<void>,
): Mutation {
  return {
    name,
    change,
    apply: async ({ url }) => {
      await act(url.slice(`oci:${origin}/`.length))
      return item
    },
  }
}

describe.runIf(server)('conformance', () => {
  const cases = connectorCases({
    connector: ociConnector,
    source: () => place(populate),
    target: () => place(async () => {}),
    unreachable: { name: 'images', url: 'oci:http://127.0.0.1:9/tests/none' },
    mutations: [
      mutation('a tag is added', 'new', 'tag/v2', (repository) =>
        pushImage(origin, repository, image('new', [1_000]), 'v2'),
      ),
      mutation('a tag moves', 'changed', 'tag/other', (repository) =>
        pushImage(origin, repository, image('moved', [1_000]), 'other'),
      ),
      mutation('a tag is taken away', 'removed', 'tag/latest', async (repository) =>
        server?.removeTag(repository, 'latest'),
      ),
    ],
  })
  it.each(cases)('$name', async ({ run }) => {
    await run()
    expect.assertions(0)
  })
})
