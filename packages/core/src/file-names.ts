const longestName = 4096
// oxlint-disable-next-line no-control-regex -- they are what must be found
const unsafe = /[\u0000-\u001f\u007f-\u009f\\\ufffd]|[\ud800-\udfff]/u

const emptySegment = /^(?:\/|$)|\/(?:\/|$)/
const dotSegment = /(?:^|\/)\.{1,2}(?:\/|$)/

/**
 * Why a `/`-separated relative name must not be used, or `undefined` when it is harmless: at most 4096 bytes, no
 * empty, `.` or `..` segment (hence neither absolute nor leading out), no backslash and no control character.
 */
export function nameProblem(name: string): string | undefined {
  if (name.length * 3 > longestName && Buffer.byteLength(name) > longestName)
    return `is longer than ${longestName} bytes`
  if (unsafe.test(name)) return 'has a backslash, a control character or bytes that are not UTF-8'
  if (emptySegment.test(name)) return 'is absolute or has an empty segment'
  if (dotSegment.test(name)) return 'has a . or .. segment'
  return undefined
}
