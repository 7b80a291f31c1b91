import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Blob,
  blob,
  descriptor,
  type Image,
  image,
  jsonBlob,
  pushImage,
  pushManifest,
  types,
} from '../../packages/connector-oci/test/images.ts'
import { run } from '../../packages/connector-oci/test/support.ts'

/** An image of three layers for one platform, made by umoci in a layout; the last layer takes a file of the first away. */
function build(layout: string, architecture: string, work: string): void {
  const name = `${layout}:${architecture}`
  run('umoci', 'new', '--image', name)
  for (const layer of [1, 2, 3]) {
    const bundle = join(work, `${architecture}-${layer}`)
    run('umoci', 'unpack', '--image', name, bundle)
    const folder = join(bundle, 'rootfs/data')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${layer}.txt`), `layer ${layer} for ${architecture}\n`.repeat(2000))
    if (layer === 3) rmSync(join(folder, '1.txt'))
    run('umoci', 'repack', '--image', name, bundle)
  }
  run(
    'umoci',
    'config',
    '--image',
    name,
    '--architecture',
    architecture,
    '--config.label',
    'org.example.case=42',
  )
}

/** What was pushed: digests by what they are. */
export interface Pushed {
  readonly index: string
  readonly signature: string
  readonly sbom: string
}

/**
 * Pushes, as `v1`, an image for two platforms; its cosign signature under the tag that cosign would give it; and a bill
 * of materials that refers to it, found by the tag scheme for referrers (OCI distribution specification 1.1).
 */
export async function pushSigned(origin: string, repository: string, folder: string): Promise<Pushed> {
  const layout = join(folder, 'built')
  run('umoci', 'init', '--layout', layout)
  for (const architecture of ['amd64', 'arm64']) build(layout, architecture, folder)
  const manifests: object[] = []
  for (const architecture of ['amd64', 'arm64']) {
    const to = `docker://${origin.replace('http://', '')}/${repository}:${architecture}`
    run('skopeo', 'copy', '--dest-tls-verify=false', `oci:${layout}:${architecture}`, to)
    const raw = Buffer.from(run('skopeo', 'inspect', '--tls-verify=false', '--raw', to))
    manifests.push(descriptor(blob(raw, types.manifest), { platform: { os: 'linux', architecture } }))
  }
  const index = jsonBlob({ schemaVersion: 2, mediaType: types.index, manifests }, types.index)
  await pushManifest(origin, repository, index, 'v1')
  return { index: index.digest, ...(await pushReferrers(origin, repository, index)) }
}

async function pushReferrers(
  origin: string,
  repository: string,
  about: Blob,
): Promise<{ signature: string; sbom: string }> {
  const hex = about.digest.replace(':', '-')
  const signature = image('signature', [600])
  await pushImage(origin, repository, signature, `${hex}.sig`)
  const sbom: Image = image('sbom', [2_000], {
    artifactType: 'application/spdx+json',
    subject: descriptor(about),
  })
  await pushImage(origin, repository, sbom)
  const manifests = [descriptor(sbom.manifest, { artifactType: 'application/spdx+json' })]
  const fallback = jsonBlob({ schemaVersion: 2, mediaType: types.index, manifests }, types.index)
  await pushManifest(origin, repository, fallback, hex)
  return { signature: signature.manifest.digest, sbom: sbom.manifest.digest }
}
