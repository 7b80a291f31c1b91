import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatBytes } from '@restitute/core'
import { openCase, pin } from '../support/case.ts'
import { shell } from '../support/torture-tree.ts'
import { program } from './contenders.ts'
import { generate } from './data.ts'
import { type Timing, timed } from './timed.ts'

// A qcow2 disk with an ext4 file system and about 2 GiB of files, once of 8 GiB and once of 100: time and memory must
// follow the data. Beside it, in the same run, what an operator would type without us.
const scale = Number(process.env['BENCH_SCALE'] ?? '0.75')
const sizes = (process.env['BENCH_DISKS'] ?? '8G,100G').split(',')

interface Row {
  readonly disk: string
  readonly stored: number
  readonly us: Timing
  readonly pipeline: Timing
  readonly verify: Timing
}

async function bench(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'restitute-bench-disk-'))
  try {
    await generate(folder, scale)
    const rows: Row[] = []
    for (const size of sizes) rows.push(await compare(folder, size))
    for (const row of rows) print(row)
    const report = { at: new Date().toISOString(), cores: availableParallelism(), scale, rows }
    await writeFile('bench-disk.json', `${JSON.stringify(report, undefined, 2)}\n`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function compare(folder: string, size: string): Promise<Row> {
  const disk = join(folder, `disk-${size}.qcow2`)
  await shell(
    `truncate -s ${size} disk.raw && mke2fs -q -t ext4 -d mix disk.raw
     qemu-img convert -q -O qcow2 disk.raw ${disk} && rm disk.raw`,
    folder,
  )
  await using c = await openCase({ sources: async () => [{ name: 'guest', url: `disk:${disk}` }] })
  await pin(c)
  const keys = join(c.root, 'keys')
  const us = await timed(
    `${program} export --quiet --dossier ${c.dossier} --as ${c.keyFile('operator')}`,
    c.root,
  )
  const verify = await timed(
    `${program} verify --quiet ${join(c.vault, 'R1-0001')} --signer ${keys}/operator.asc --key ${c.keyFile('client-1')}`,
    c.root,
  )
  const env = { GNUPGHOME: join(c.root, 'gnupg') }
  await mkdir(env.GNUPGHOME, { mode: 0o700 })
  const imports = `gpg -q --batch --import ${keys}/operator.key ${keys}/client-1.key ${keys}/client-2.asc`
  await timed(imports, c.root, env)
  const pipeline = await timed(convertZstdGpg(disk), c.root, env)
  return { disk: size, stored: (await stat(disk)).size, us, pipeline, verify }
}

/** qemu-img writes no pipe: the disk passes through a file in clear, which we never do. */
function convertZstdGpg(disk: string): string {
  const recipients = '-r client-1@demo.example -r client-2@demo.example --trust-model always'
  const sealed = `gpg -q --batch --yes -z0 --sign --encrypt -u operator@demo.example ${recipients} -o disk.zst.pgp`
  return `qemu-img convert -O raw ${disk} clear.raw && zstd -q -T0 -3 -c clear.raw | ${sealed}; rm -f clear.raw disk.zst.pgp`
}

function print({ disk, stored, us, pipeline, verify }: Row): void {
  const of = ({ wall, cpu, peak }: Timing): string =>
    `${wall.toFixed(1)} s, cpu ${cpu.toFixed(1)} s, peak ${formatBytes(peak)}`
  console.log(`disk of ${disk}, ${formatBytes(stored)} in qcow2`)
  console.log(`  export        ${of(us)}`)
  console.log(`  convert|zstd|gpg  ${of(pipeline)}`)
  console.log(
    `  ratio         wall ${(pipeline.wall / us.wall).toFixed(2)}, cpu ${(pipeline.cpu / us.cpu).toFixed(2)}`,
  )
  console.log(`  verify        ${of(verify)}`)
}

await bench()
