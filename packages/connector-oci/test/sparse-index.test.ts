import { expect, it } from 'vitest'
import { hostileRegistry, parts, type Trick } from './hostile-registry.ts'
import { image, indexOf } from './images.ts'
import { exportAll, spec } from './support.ts'

const own = image('own', [900])

it('an image is read from a repository that names it, not from one whose index lists it and lacks it', async () => {
  const index = indexOf([own])
  const two: Trick = ({ url = '' }, response) => {
    const [, repository, path = ''] = /^\/v2\/a\/(first|second)\/(.*)$/.exec(url) ?? []
    const isFirst = repository === 'first'
    if (url.startsWith('/v2/_catalog')) response.end('{"repositories":["a/first","a/second"]}')
    else if (path.startsWith('tags/')) response.end(`{"tags":["${isFirst ? 'all' : 'v1'}"]}`)
    else if (path.startsWith('referrers/')) response.writeHead(404).end()
    else if (isFirst && !path.endsWith('/all') && !path.endsWith(index.digest)) response.writeHead(404).end()
    else if (repository !== undefined) response.writeHead(307, { location: `/v2/a/b/${path}` }).end()
    else return false
    return true
  }
  await using registry = await hostileRegistry({ all: index, v1: own.manifest }, parts(own), two)
  const { items, losses } = await exportAll(spec(`${registry.origin}/a/`))
  expect([items.filter(({ lost }) => lost !== undefined), losses]).toEqual([[], []])
})
