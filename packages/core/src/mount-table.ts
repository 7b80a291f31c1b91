import { readFile } from 'node:fs/promises'

/** Something that is mounted, as this process sees it (proc_pid_mountinfo(5)). */
export interface Mounted {
  /** As `mnt_id` of an open file. */
  readonly id: string
  /** `<major>:<minor>`. */
  readonly device: string
  /** The folder of its file system that is seen there. */
  readonly root: Buffer
  readonly point: Buffer
  readonly fileSystem: string
  /** Those of the file system, between commas. */
  readonly options: string
}

/** What is mounted where, the earlier first; nothing where the system does not tell. */
export async function mountTable(): Promise<readonly Mounted[]> {
  // Bytes, each as one character: names need not be UTF-8.
  const table = await readFile('/proc/self/mountinfo', 'latin1').catch(() => '')
  return table
    .split('\n')
    .filter((line) => line !== '')
    .map(mountedBy)
}

function mountedBy(line: string): Mounted {
  const fields = line.split(' ')
  const [id = '', , device = '', root = '', point = ''] = fields
  const [fileSystem = '', , options = ''] = fields.slice(fields.indexOf('-') + 1)
  return { id, device, root: pathOf(root), point: pathOf(point), fileSystem, options }
}

/** The table escapes blanks and backslashes. */
function pathOf(text: string): Buffer {
  const path = text.replaceAll(/\\([0-7]{3})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 8)),
  )
  return Buffer.from(path, 'latin1')
}
