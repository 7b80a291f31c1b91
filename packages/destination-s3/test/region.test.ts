import { expect, it, vi } from 'vitest'
import { s3Destination } from '../src/index.ts'

it('a URL of a bucket that says neither region nor service is a mistake that is named', async () => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nowhere')
  const place = s3Destination({ url: 's3://vault/chu', secret: 'access:secret' })
  await expect(Array.fromAsync(place.list())).rejects.toMatchObject({
    ...{ code: 'usage', message: expect.stringMatching(/s3:\/\/vault\/chu.*region/) },
    hint: expect.stringMatching(/\?region=.*\?endpoint=/),
  })
})
