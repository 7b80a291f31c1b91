import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Difference } from '@restitute/core'
import { describe, expect, it } from 'vitest'
import { havePrograms } from '../../../test/support/programs.ts'
import { differences } from '../src/differences.ts'
import { calm, freeze, inventory, readAll, streamOf, wide } from './support/export.ts'
import { tempFolder } from './support/places.ts'

/** Takes a lease (F_SETLEASE) as Samba does for an oplock, and gives it back once it is asked to. */
const lend = `$| = 1; open(my $file, '+<', $ARGV[0]) or die; my ($set, $write, $none) = (1024, 1, 2);
  $SIG{IO} = sub { select(undef, undef, undef, 0.3); fcntl($file, $set, $none); exit };
  fcntl($file, $set, $write) or die "no leases: $!"; print "lent"; sleep 60`

const mayLend = process.platform === 'linux' && havePrograms('perl')

async function lent<T>(path: string, use: () => Promise<T>): Promise<T> {
  const server = spawn('perl', ['-e', lend, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(server, 'exit')
  try {
    await once(server.stdout, 'data')
    return await use()
  } finally {
    server.kill()
    await ended
  }
}

describe('a file that a file server has lent to a client', () => {
  it.runIf(mayLend).each([100, 5 * 1024 * 1024])('is called back and read: %d bytes', async (size) => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'letter')
    await writeFile(path, Buffer.alloc(size, 'a'))
    const items = await inventory(folder.path)
    await using exporter = await freeze(folder.path)
    const [shard] = await Array.fromAsync(exporter.shards(streamOf(items), wide))
    const read = async () => readAll(exporter, shard ?? { id: '', first: 1, last: 0, bytes: 0 }, items)
    const { entries, losses } = await lent(path, read)
    expect([entries.get('data/letter')?.length, losses]).toEqual([size, []])
    const how = { root: Buffer.from(folder.path), owners: true, holes: false, signal: calm }
    const compare = async (): Promise<Difference[]> => Array.fromAsync(differences(streamOf(items), how))
    const details = (await lent(path, compare)).map(({ detail }) => detail)
    // The inventory has no digests yet: it was read, and to the end.
    expect(details).toEqual(['content'])
  })

  it.runIf(mayLend)('is inventoried, sparse as it may be', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'letter')
    await writeFile(path, 'a')
    await truncate(path, 1024 * 1024)
    const items = await lent(path, () => inventory(folder.path))
    expect(items.map(({ id, lost }) => [id, lost])).toEqual([
      ['./', undefined],
      ['letter', undefined],
    ])
  })
})
