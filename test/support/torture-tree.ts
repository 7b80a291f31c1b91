import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whether this process may make devices and give files away. */
export const isRoot: boolean = process.getuid?.() === 0

/**
 * Fills a folder with all that a file tree can hold. What needs root (owners, devices, trusted attributes, folders that
 * nobody may enter) is left out for an ordinary user, with one line that says so.
 */
export async function plantTorture(root: string): Promise<void> {
  if (!isRoot) console.warn('torture tree: not root, so without owners, devices, trusted attributes')
  const parts = [names, links, holes, attributes, ...(isRoot ? [owners, special] : []), modes, times]
  for (const part of parts) await shell(part, root)
}

/** Runs a bash script in a folder; its output as bytes. */
export async function shell(script: string, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
    ...{ cwd, encoding: 'latin1', maxBuffer: 1 << 28 },
    env: { ...process.env, LC_ALL: 'C', ...env },
  })
  return stdout
}

const names = String.raw`
  mkdir empty names
  for name in plain 'a:b' con 'CON.txt' 'back\slash' 'q?*"<>|' 'trailing ' 'dot.' ' leading' '100%' '%41' 'a%FFb' \
    Case case CASE $'new\nline' $'tab\t' $'\001' $'latin-\xe9' $'\xff\xfe' $'caf\u00e9' $'cafe\u0301' \
    $'\U0001f600' -dash '~tilde' "$(printf 'n%.0s' {1..255})" "$(printf 'é%.0s' {1..127})"; do
    printf '%s' "content of $name" > "names/$name"
  done
  : > names/empty-file
  mkdir $'names/raw-\xe9' && echo inside > $'names/raw-\xe9/\xe8'
  segment=$(printf 's%.0s' {1..200})
  lower=$segment; for i in {1..9}; do lower=$lower/$segment; done
  upper=deep; for i in {1..15}; do upper=$upper/$segment; done
  mkdir -p "lower/$lower" "$upper"
  echo 'beyond PATH_MAX' > "lower/$lower/file" && ln -s nowhere "lower/$lower/link"
  ln "lower/$lower/file" "lower/$lower/second"
  mv lower "$upper/"`

const links = String.raw`
  mkdir -p links/z
  echo shared > links/b && ln links/b links/z/a && ln links/b links/c
  ln -s ../nowhere links/dangling && ln links/dangling links/z/dangling
  ln -s "$(printf 't%.0s' {1..2000})" links/long && ln -s $'\xe9' links/raw && ln -s . links/loop
  mkfifo links/fifo && ln links/fifo links/z/fifo`

const holes = String.raw`
  mkdir holes
  truncate -s 3M holes/nothing && truncate -s 100 holes/tiny
  printf end | dd of=holes/end bs=1 seek=5000000 status=none
  printf start > holes/start && truncate -s 8M holes/start
  for i in {0..40}; do printf %4096s $i | dd of=holes/comb bs=4096 seek=$((i * 7)) conv=notrunc status=none; done
  printf start > holes/huge && truncate -s 60M holes/huge && printf end >> holes/huge && ln holes/huge holes/huge-too
  head -c 6000000 /dev/urandom > holes/none && ln holes/none names/none`

const attributes = String.raw`
  mkdir attributes && cd attributes && mkdir folder && echo > file && echo > capable && echo > many
  setfattr -n user.text -v 'some text' file && setfattr -n user.binary -v 0x00ff0a file && setfattr -n user.empty file
  setfattr -n user.folder -v yes folder && setfattr -n 'user.n=ä %41' -v 0xe9 file
  for i in {1..60}; do setfattr -n user.number-$i -v "$(printf 'v%.0s' {1..40})" many; done
  setfacl -m u:1234:rw,g:4321:r file && setfacl -m u:4000000000:rwx,d:u:1234:rx,d:g::rx folder`

const owners = String.raw`
  mkdir owners && cd owners
  echo > large && chown 4000000000:4294967290 large && ln -s large link && chown -h 7:8 link
  mkdir folder && chown 1234:5678 folder && echo > setuid && chown 1:2 setuid && chmod 6755 setuid
  setfattr -h -n trusted.link -v on-a-link link && setfattr -n trusted.folder -v 0x01 folder
  setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 ../attributes/capable`

const special = String.raw`
  mkdir special && cd special
  mknod null c 1 3 && mknod large c 4000 1000000 && mknod loop b 7 0 && mkfifo -m 0640 pipe
  perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "socket", Listen => 1)'
  chown 5:6 null pipe socket && setfattr -n trusted.pipe -v x pipe && ln null null-too`

const modes = String.raw`
  mkdir -p modes/read-only modes/sticky modes/closed
  echo > modes/read-only/file && chmod 0444 modes/read-only/file && chmod 0555 modes/read-only
  chmod 3777 modes/sticky
  if [ "$(id -u)" = 0 ]; then echo > modes/closed/file; chmod 0 modes/closed/file modes/closed; fi`

const times = String.raw`
  touch -d @-1.000000001 names/plain && touch -d @-2147483648.5 names/con && touch -d @4294967296.123456789 names/case
  touch -d @9999999999.000000001 names/Case && touch -h -d @-86400.25 links/dangling && touch -d @0 names/CASE
  find . -depth -type d -execdir touch -d @1234567890.987654321 {} \;`
