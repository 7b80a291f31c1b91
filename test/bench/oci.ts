import { randomBytes } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { formatBytes } from '@restitute/core'
import {
  type Blob,
  blob,
  descriptor,
  jsonBlob,
  pushBlob,
  pushManifest,
  types,
} from '../../packages/connector-oci/test/images.ts'
import { type RegistryServer, startRegistry } from '../services/registry.ts'
import { type Case, openCase, pin } from '../support/case.ts'
import { forget, gpgHome, pipeline, program } from './contenders.ts'
import { type Timing, timed } from './timed.ts'

/*
 * A repository out of a registry into a package, against `skopeo copy | tar | zstd | gpg`, alternating in the same run.
 * `BENCH_SCALE` 1 is about 600 MB in twelve layers, of which three images share four.
 */

const scale = Number(process.env['BENCH_SCALE'] ?? '1')
const repeats = Number(process.env['BENCH_REPEATS'] ?? '3')
const repository = 'team/app'
const tags = ['v1', 'v2', 'v3']
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip'

function layer(): Blob {
  return blob(gzipSync(randomBytes(Math.round(50 * 1024 * 1024 * scale)), { level: 1 }), layerType)
}

async function fill({ origin }: RegistryServer): Promise<void> {
  const shared = [layer(), layer(), layer(), layer()]
  for (const one of shared) await pushBlob(origin, repository, one)
  for (const tag of tags) {
    const layers = [...shared]
    for (let own = 0; own < 3; own++) {
      const one = layer()
      await pushBlob(origin, repository, one)
      layers.push(one)
    }
    const config = jsonBlob(
      { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] }, tag },
      types.config,
    )
    await pushBlob(origin, repository, config)
    const listed = layers.map((one) => descriptor(one))
    const members = {
      schemaVersion: 2,
      mediaType: types.manifest,
      config: descriptor(config),
      layers: listed,
    }
    await pushManifest(origin, repository, jsonBlob(members, types.manifest), tag)
  }
}

interface Round {
  readonly us: Timing
  readonly pipeline: Timing
}

async function round(c: Case, { origin }: RegistryServer, env: NodeJS.ProcessEnv): Promise<Round> {
  await forget(c)
  const us = await timed(
    `${program} export --quiet --dossier ${c.dossier} --as ${c.keyFile('operator')}`,
    c.root,
  )
  const layout = join(c.root, 'copied')
  const from = `docker://${origin.replace('http://', '')}/${repository}`
  const copies = tags.map(
    (tag) => `skopeo copy -q --src-tls-verify=false --all ${from}:${tag} oci:${layout}:${tag}`,
  )
  const theirs = await timed([...copies, pipeline(layout)].join(' && '), c.root, env)
  await rm(layout, { recursive: true, force: true })
  return { us, pipeline: theirs }
}

function line(name: string, { wall, cpu, peak }: Timing): string {
  return `${name.padEnd(34)} ${wall.toFixed(2).padStart(8)} s ${cpu.toFixed(2).padStart(8)} s ${formatBytes(peak).padStart(12)}`
}

async function bench(): Promise<void> {
  await using registry = await startRegistry()
  await fill(registry)
  await using c = await openCase({
    sources: async () => [{ name: 'images', url: `oci:${registry.origin}/${repository}` }],
  })
  await pin(c)
  const env = await gpgHome(c)
  const rounds: Round[] = []
  for (let i = 0; i < repeats; i++) rounds.push(await round(c, registry, env))
  rounds.sort((a, b) => a.pipeline.wall / a.us.wall - b.pipeline.wall / b.us.wall)
  const median = rounds[rounds.length >> 1] as Round
  const ratios = { wall: median.pipeline.wall / median.us.wall, cpu: median.pipeline.cpu / median.us.cpu }
  console.log(`${''.padEnd(34)} ${'wall'.padStart(10)} ${'cpu'.padStart(10)} ${'peak'.padStart(12)}`)
  console.log(line('restitute export', median.us))
  console.log(line('skopeo copy | tar | zstd | gpg', median.pipeline))
  console.log(`ratio: ${ratios.wall.toFixed(2)} by the clock, ${ratios.cpu.toFixed(2)} by the processor`)
  const result = {
    at: new Date().toISOString(),
    cores: availableParallelism(),
    scale,
    repeats,
    ratios,
    rounds,
  }
  await writeFile('bench-oci.json', `${JSON.stringify(result, undefined, 2)}\n`)
}

await bench()
