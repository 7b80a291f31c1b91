import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { extract } from '../../cli/src/commands/extract.ts'
import { deliverAll, exportPackage, openCase, pin } from '../support/case.ts'

it('whoever extracts what was stated as lost is told that it is, for the sources that were asked', async () => {
  await using c = await openCase({
    sources: async (root) => {
      await mkdir(join(root, 'letters'))
      await writeFile(join(root, 'letters', 'one.txt'), 'one\n')
      await writeFile(join(root, 'torn.db'), 'SQLite format 3\0, and then nothing that is one')
      return [
        { name: 'letters', url: `files:${join(root, 'letters')}` },
        { name: 'records', url: `sqlite:${join(root, 'torn.db')}` },
      ]
    },
  })
  await pin(c)
  expect((await exportPackage(c)).exit).toBe(5)
  await deliverAll(c)
  const opened = { key: c.keyFile('client-1'), signers: [c.keyFile('operator').replace(/key$/, 'asc')] }
  const extracted = async (...sources: readonly string[]) => {
    const to = join(c.root, `out-${sources.join('-')}`)
    const { lines } = await extract(c.session, { ...opened, package: join(c.client, 'R1-0001'), to, sources })
    return { lost: lines.filter((line) => line.startsWith('LOST')), names: await readdir(to) }
  }
  const named = {
    ...opened,
    package: join(c.client, 'R1-0001'),
    to: join(c.root, 'none'),
    sources: ['letters'],
  }
  // As `list` names it: the path in the bag is another one, and is what has to be asked for.
  const byItem = extract(c.session, { ...named, path: 'letter.txt' })
  await expect(byItem).rejects.toMatchObject({ code: 'not-found', hint: /from data\/ on/ })
  expect(await extracted('letters')).toEqual({ lost: [], names: ['letters'] })
  const { lost, names } = await extracted()
  expect(names.sort()).toEqual(['letters', 'records'])
  expect(lost).toEqual([expect.stringContaining('item of records, of which nothing came out or not surely')])
})
