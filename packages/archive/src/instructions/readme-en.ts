import { type Facts, fill, placeholders } from './fill.ts'

const text = `# Package {{package}}

This folder holds the data that your host hands back to you: encrypted to your keys, signed by the host. You need no
special software: GnuPG (\`gpg\`), \`zstd\`, \`tar\` and \`sha256sum\` read all of it, today and in twenty years.

| system | how to get the tools |
| --- | --- |
| Linux | \`apt install gnupg zstd tar coreutils\`, or the like |
| macOS | \`brew install gnupg zstd\`; write \`shasum -a 256\` for \`sha256sum\` |
| Windows | Gpg4win, \`zstd\` (its releases have an .exe), \`tar\` (part of Windows 10 and later); see step 6 |

You also need one of the private keys that it was encrypted to (\`gpg --list-secret-keys\`).

## What is what

| file | what it is |
| --- | --- |
| \`manifest.json\` | the signed list of every file, the totals of each source, when and how it was read |
| \`manifest.json.<fingerprint>.asc\` | signature of that list, one file per signer |
| \`manifest.json.<fingerprint>.asc.tsr\` | time stamp of a signature (RFC 3161), where there is one |
| \`SHA256SUMS\` | checksums of volumes and indexes, copied from the manifest |
| \`volumes/<number>.tar.zst.pgp\` | the data: an OpenPGP message holding a zstd stream holding a tar |
| \`index/<source>-<number>.jsonl.zst.pgp\` | what lies in which volume, one JSON line per item and file |
| \`keys/\` | public key of the host |
| \`open.sh\` | does steps 1 to 5 at once |

## All at once (Linux, macOS)

    sh open.sh {{SIGNER}} /path/to/new/folder

Compare the fingerprint with the one in your contract first: whoever can replace this package can replace this text.

## 1. Check the signature

    gpg --import keys/*.asc
    gpg --status-fd 1 --verify manifest.json.{{signer}}.asc manifest.json

The line that begins with \`[GNUPG:] VALIDSIG\` must end with the fingerprint that your contract names. This package
says that it is

    {{printed}}

A key that has expired since it signed is no fault; \`BADSIG\` or \`REVKEYSIG\` is.

Where there is a \`.tsr\` file, the signature existed at the time that it states. Both parties know the authority: its root
certificate is named in the contract.

    openssl ts -reply -text -in manifest.json.{{signer}}.asc.tsr
    openssl ts -verify -CAfile authority.pem -data manifest.json.{{signer}}.asc -in manifest.json.{{signer}}.asc.tsr

When the authority's certificate has expired since, add \`-attime\` with the stated time in seconds since 1970.

## 2. Check the files

    sha256sum -c SHA256SUMS

The signature covers \`manifest.json\`, not \`SHA256SUMS\`. This command prints nothing when both say the same:

    tr '{' '\\n' < manifest.json | sed -n 's/.*"name":"\\([^"]*\\)".*"sha256":"\\([0-9a-f]*\\)".*/\\2  \\1/p' |
      grep -E '  (index|volumes)/' | LC_ALL=C sort | diff - <(LC_ALL=C sort SHA256SUMS)

A file that the manifest does not name does not belong to the package: do not use it.

## 3. Extract one volume

    set -o pipefail
    umask 077
    mkdir -m 700 ../{{package}}-extracted
    gpg --decrypt volumes/000001.tar.zst.pgp | zstd -dc | tar -xpf - -C ../{{package}}-extracted

Use what came out only when all three programs have succeeded: \`gpg\` writes before it has checked the whole. To take
out a single file, give its name in the tar: \`… | tar -xpf - -C ../{{package}}-extracted records/data/tables/patients/000001.csv\`.

## 4. Extract all volumes

    set -o pipefail
    umask 077
    mkdir -p -m 700 ../{{package}}-extracted
    for v in volumes/*.tar.zst.pgp; do
      gpg --decrypt "$v" | zstd -dc | tar -xpf - -C ../{{package}}-extracted || { echo "FAILED: $v"; break; }
    done

\`FAILED\` names the volume at which it stopped: what has come out until then is not the whole.

## 5. Check each bag

Each source is a folder of its own and a BagIt bag (RFC 8493): the data below \`data/\`, its checksums beside it.

    cd ../{{package}}-extracted/<source>
    sha256sum -c --quiet tagmanifest-sha256.txt
    sha256sum -c --quiet manifest-sha256.txt

No output means that every file is there and is as it was read at the host. (A source without files has an empty list,
about which \`sha256sum\` complains.)

## 6. Windows

In the command prompt (\`cmd.exe\`, not PowerShell, whose pipes change bytes), for each volume:

    certutil -hashfile volumes\\000001.tar.zst.pgp SHA256
    gpg --output 000001.tar.zst --decrypt volumes\\000001.tar.zst.pgp
    zstd -d 000001.tar.zst
    tar -xf 000001.tar

Compare what \`certutil\` prints with \`SHA256SUMS\`.

## 7. Look into an index

    gpg --decrypt index/<source>-01.jsonl.zst.pgp | zstd -dc | less

The first line holds the salt that your receipt quotes. Then come the items, each with its state (\`exported\`,
\`unchanged\`, \`removed\`, \`excluded\` or \`lost\`, with the reason) and the files that it became. To find the volume of a
file: \`… | zstd -dc | grep '"entry":"data/tables/patients/'\`.

## 8. A delivery of several packages

Where \`manifest.json\` has a member \`base\`, the package continues the one that \`base\` names: it holds what was new or had changed
since, and its indexes call \`removed\` what is gone. Packages merely laid one over the other would bring that back. Extract and check
each in a folder of its own (steps 1 to 5), then join them, source by source, in the folder that holds them all (\`jq\`, \`bash\`):

    S=documents     # the source
    set -o pipefail
    mkdir -m 700 "$S"; : > held.tsv
    for p in R1-0001 R1-0002; do     # all of them, the oldest first
      for i in "$p/index/$S"-??.jsonl.zst.pgp; do
        gpg --decrypt "$i" | zstd -dc || { echo "FAILED: $i" >&2; break 2; }
      done > index.jsonl
      jq -r 'select(.state == "unchanged") | [.item] | @tsv' index.jsonl > same.tsv
      awk -F '\\t' 'FILENAME == "same.tsv" { same[$1]; next } !($1 in same)' same.tsv held.tsv | cut -f 2 | sort -r |
        (cd "./$S"; while IFS= read -r f; do [ ! -f "$f" ] || rm "$f"; rmdir -p "$f" "\${f%/*}" 2> /dev/null || :; done)
      awk -F '\\t' 'FILENAME == "same.tsv" { same[$1]; next } $1 in same' same.tsv held.tsv > kept.tsv
      jq -r 'select(.item and .entry) | [.item, .entry] | @tsv' index.jsonl | cat kept.tsv - > held.tsv
      cp -pR "$p-extracted/$S/data" "$S" || { echo "FAILED: $p" >&2; break; }
    done

Where it says \`FAILED\`, begin again in an empty folder. Else \`documents/data/\` is the source as it was at the last package; the lists that were used (\`*.tsv\`, \`index.jsonl\`) hold names in clear: delete
them. Objects of a bucket (\`objects-*.jsonl\`) are not joined so: follow \`RESTORE.md\` in each package's folder, the oldest first.

## What you find in the bags

- Tables: CSV in UTF-8 with a header in the first part, and the definitions in the language of their database.
- An item too large for one file is cut into numbered parts: \`cat\` joins them in the order of their numbers.
- Files: hard links stay links and the holes of sparse files stay holes, with GNU tar and with bsdtar (macOS, Windows).
  Times are exact to the nanosecond (bsdtar is up to two seconds late before 1970). To have owners, access control lists
  and extended attributes again, extract as root with GNU tar:
  \`tar -xp --numeric-owner --acls --xattrs --xattrs-include='*'\`.
- \`tree-*.jsonl\` and \`objects-*.jsonl\` say all of it, and also what tar does not carry here:

| what tar does not carry | where it is |
| --- | --- |
| symbolic links; pipes, sockets, devices | \`tree-*.jsonl\` alone: no file comes out for them |
| true names, where one is not UTF-8 or not safe on every system | \`tree-*.jsonl\`: the file comes out under an escaped name |
| extended attributes that are not plain ASCII text, or larger than 8 KiB together | \`tree-*.jsonl\` |
| versions, delete markers and metadata of objects | \`objects-*.jsonl\` |
`

/** `README.md`: how to check, decrypt and reuse a package with ordinary tools. */
export function readmeEnglish(facts: Facts): string {
  return fill(text, placeholders(facts))
}
