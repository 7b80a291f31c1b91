import { mountTable } from '@restitute/core'

/** A file system, or a folder of one, at the place where it is seen. */
interface Mount {
  /** Ends in `/`, as all paths here. */
  readonly point: string
  /** `<device>:<path in its file system>/`: the same for every mount that leads there. */
  readonly place: string
}

/** What is mounted where, of this process; nothing where the system does not tell. */
export async function readMounts(): Promise<readonly Mount[]> {
  return (await mountTable()).map(({ device, root, point }) => ({
    point: folder(point),
    place: `${device}:${folder(root)}`,
  }))
}

/** Where a path leads in its file system: a bind mount gives one folder two paths. Undefined where nothing is known of mounts. */
export function placeBehind(path: string, mounts: readonly Mount[]): string | undefined {
  const over = mounts.filter(({ point }) => path.startsWith(point))
  // What was mounted later in one place hides what was there.
  const [mount] = over.toReversed().toSorted((a, b) => b.point.length - a.point.length)
  return mount && `${mount.place}${path.slice(mount.point.length)}`
}

/** Everything that is seen below a path: itself, and what is mounted in it. */
export function placesSeenIn(path: string, mounts: readonly Mount[]): readonly string[] {
  const inside = mounts.filter(({ point }) => point.startsWith(path)).map(({ place }) => place)
  const own = placeBehind(path, mounts)
  return own === undefined ? inside : [own, ...inside]
}

function folder(path: Buffer): string {
  const text = path.toString()
  return text.endsWith('/') ? text : `${text}/`
}
