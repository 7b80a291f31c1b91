import { fill } from './fill.ts'

const messages = {
  en: {
    usage: 'usage: sh open.sh <fingerprint of the signer> <new folder>',
    missing: 'not found on this machine:',
    fingerprint: 'the fingerprint is not 40 or 64 hexadecimal digits',
    exists: 'already exists:',
    noParent: 'cannot be made there:',
    inside: 'would lie inside the package, which must stay as it is:',
    unsigned: 'no signature by this key:',
    badSignature: 'the signature of manifest.json does not hold for this key',
    signed: 'signature good, made by',
    emptyManifest: 'manifest.json names no file',
    badSums: 'a file is missing or is not as it was signed',
    unlisted: 'files that the manifest does not name, or that are missing:',
    badList: 'SHA256SUMS is not what manifest.json says',
    extracting: 'extracting',
    badVolume: 'cannot be decrypted, decompressed or unpacked:',
    badBag: 'not complete or not as exported:',
    done: 'all is complete and as it was signed; extracted to',
  },
  fr: {
    usage: 'usage : sh open.sh <empreinte du signataire> <nouveau dossier>',
    missing: 'introuvable sur cette machine :',
    fingerprint: "l'empreinte ne compte pas 40 ou 64 chiffres hexadécimaux",
    exists: 'existe déjà :',
    noParent: 'ne peut être créé à cet endroit :',
    inside: 'serait dans le lot, qui doit rester tel quel :',
    unsigned: 'aucune signature par cette clé :',
    badSignature: 'la signature de manifest.json ne vaut pas pour cette clé',
    signed: 'signature bonne, faite par',
    emptyManifest: 'manifest.json ne nomme aucun fichier',
    badSums: "un fichier manque ou n'est pas tel qu'il a été signé",
    unlisted: 'fichiers que le manifeste ne nomme pas, ou qui manquent :',
    badList: "SHA256SUMS n'est pas ce que dit manifest.json",
    extracting: 'extraction de',
    badVolume: 'impossible à déchiffrer, décompresser ou désarchiver :',
    badBag: 'incomplet ou différent de ce qui a été exporté :',
    done: 'tout est complet et tel que signé ; extrait dans',
  },
} as const

const script = `#!/bin/sh
# sh open.sh <fingerprint> <new folder>
set -eu
umask 077

fail() {
  echo "open.sh: $*" >&2
  exit 1
}
cleanup() {
  code=$?
  chmod -R u+rwx "$work" "$part" 2>/dev/null || :
  rm -rf "$work" "$part"
  exit "$code"
}

[ $# -eq 2 ] || fail {{usage}}
signer=$(printf %s "$1" | tr -d ' :' | tr a-f A-F)
case $signer in *[!0-9A-F]*) fail {{fingerprint}} ;; esac
case \${#signer} in 40 | 64) ;; *) fail {{fingerprint}} ;; esac
case $2 in /*) target=$2 ;; *) target=$PWD/$2 ;; esac
[ ! -e "$target" ] || fail {{exists}} "$target"
for tool in gpg zstd tar; do
  command -v "$tool" >/dev/null || fail {{missing}} "$tool"
done
check() {
  if command -v sha256sum >/dev/null; then sha256sum -c "$1"; else shasum -a 256 -c "$1"; fi
}
# Not to a folder of the same name somewhere else, where the user has CDPATH.
unset CDPATH
cd -- "$(dirname -- "$0")"
parent=$(cd "$(dirname "$target")" && pwd -P) || fail {{noParent}} "$target"
case $parent/ in "$(pwd -P)"/*) fail {{inside}} "$target" ;; esac

part=$target.part-$$
work=$(mktemp -d)
trap cleanup EXIT
trap 'exit 130' HUP INT TERM
# Now, since checking may take hours; not by the umask, of which a folder that hands down a list of access makes no use.
mkdir -m 700 "$part"

# The signature, judged with nothing but the keys of this package in a key ring of its own.
signature=manifest.json.$(echo "$signer" | tr A-F a-f).asc
[ -f "$signature" ] || fail {{unsigned}} "$signer"
mkdir "$work/gnupg"
gpg --homedir "$work/gnupg" --batch --quiet --import keys/*.asc 2>/dev/null || :
gpg --homedir "$work/gnupg" --batch --quiet --trust-model always --status-fd 3 \\
  --verify "$signature" manifest.json 3>"$work/status" 2>"$work/gpg" || :
made_by=$(sed -n 's/^\\[GNUPG:\\] VALIDSIG .* \\([0-9A-F]*\\)$/\\1/p' "$work/status")
if [ "$made_by" != "$signer" ] || grep -Eq '^\\[GNUPG:\\] (BADSIG|ERRSIG|REVKEYSIG|EXPSIG) ' "$work/status"; then
  cat "$work/gpg" >&2
  fail {{badSignature}}
fi
echo {{signed}} "$signer"

# Every file that the signed manifest names, and no other.
LC_ALL=C tr '{' '\\n' <manifest.json |
  LC_ALL=C sed -n 's/.*"name":"\\([^"]*\\)".*"sha256":"\\([0-9a-f]*\\)".*/\\2  \\1/p' | LC_ALL=C sort -k 2 >"$work/sums"
[ -s "$work/sums" ] || fail {{emptyManifest}}
check "$work/sums" || fail {{badSums}}
sed 's/^[0-9a-f]*  //' "$work/sums" | LC_ALL=C sort >"$work/listed"
find . ! -type d | sed 's,^\\./,,' |
  grep -Ev '^(manifest\\.json(\\.[0-9a-f]+\\.asc(\\.tsr)?)?|SHA256SUMS)$' | LC_ALL=C sort >"$work/found" || :
diff "$work/listed" "$work/found" >&2 || fail {{unlisted}}
grep -E '  (index|volumes)/' "$work/sums" | LC_ALL=C sort >"$work/list" || :
LC_ALL=C sort SHA256SUMS | cmp -s - "$work/list" || fail {{badList}}

# Attributes and lists of access, which bsdtar would set and which not every account or file system may, are in tree-*.jsonl.
set --
tar --no-xattrs --no-acls -cf /dev/null -T /dev/null 2>/dev/null && set -- --no-xattrs --no-acls

# A pipe gives the status of its last command alone: the others leave a mark.
grep '^volumes/' "$work/listed" >"$work/volumes" || :
# gpg, which may have to ask for a passphrase, keeps the terminal as its input: it knows it by that.
while read -r volume <&3; do
  echo {{extracting}} "$volume"
  { gpg --quiet --decrypt "$volume" || : >"$work/failed"; } |
    { zstd -dcq || : >"$work/failed"; } | tar -xpof - "$@" -C "$part" || : >"$work/failed"
  [ ! -e "$work/failed" ] || fail {{badVolume}} "$volume"
done 3<"$work/volumes"

# What even its owner could not read is made readable: else it could not be checked.
find "$part" -type d ! -perm -500 -exec chmod u+rx {} \\;
find "$part" -type f ! -perm -400 -exec chmod u+r {} +
for bag in "$part"/*/; do
  cd "$bag" || fail {{badBag}} "$bag"
  for list in tagmanifest-sha256.txt manifest-sha256.txt; do
    { [ -f $list ] && { [ ! -s $list ] || check $list >/dev/null; }; } || fail {{badBag}} "$bag"
  done
  [ "$(find data ! -type d | wc -l)" -eq "$(wc -l <manifest-sha256.txt)" ] || fail {{badBag}} "$bag"
done

cd /
mv "$part" "$target"
echo {{done}} "$target"
`

/**
 * `open.sh`: checks a package and extracts it with gpg, zstd, tar and sha256sum, in a POSIX shell. `language`: of
 * what it says.
 */
export function openScript(language: 'fr' | 'en'): string {
  const words = Object.entries(messages[language]).map(([name, text]) => [name, quoted(text)])
  return fill(script, Object.fromEntries(words))
}

/** A word of the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
