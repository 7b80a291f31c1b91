/** Formats of images that can be read, by the names that URLs use. */
export const imageFormats = [
  'raw',
  'qcow2',
  'vmdk',
  'vdi',
  'vhd',
  'vhdx',
  'parallels',
  'bochs',
  'cloop',
] as const

/** One of {@link imageFormats}. */
export type ImageFormat = (typeof imageFormats)[number]

/** The format of a name as people and hypervisors write it. */
export function formatNamed(name: string): ImageFormat | undefined {
  const wanted = name === 'vpc' ? 'vhd' : name
  return imageFormats.find((format) => format === wanted)
}

/** QEMU's name of the driver. */
export function driverOf(format: ImageFormat): string {
  return format === 'vhd' ? 'vpc' : format
}

const extensions: Readonly<Record<string, ImageFormat>> = {
  raw: 'raw',
  img: 'raw',
  iso: 'raw',
  qcow2: 'qcow2',
  qcow: 'qcow2',
  vmdk: 'vmdk',
  vdi: 'vdi',
  vhd: 'vhd',
  vpc: 'vhd',
  vhdx: 'vhdx',
  hdd: 'parallels',
  hds: 'parallels',
  parallels: 'parallels',
  bochs: 'bochs',
  cloop: 'cloop',
}

/** What the name of a file promises of its format. */
export function formatOfName(name: string): ImageFormat | undefined {
  const extension = /\.([^./]+)$/.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(extensions, extension) ? extensions[extension] : undefined
}

/** The name without the extension of an image. */
export function stemOf(name: string): string {
  return formatOfName(name) === undefined ? name : name.replace(/\.[^./]+$/, '')
}
