#!/bin/sh
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

[ $# -eq 2 ] || fail 'usage: sh open.sh <fingerprint of the signer> <new folder>'
signer=$(printf %s "$1" | tr -d ' :' | tr a-f A-F)
case $signer in *[!0-9A-F]*) fail 'the fingerprint is not 40 or 64 hexadecimal digits' ;; esac
case ${#signer} in 40 | 64) ;; *) fail 'the fingerprint is not 40 or 64 hexadecimal digits' ;; esac
case $2 in /*) target=$2 ;; *) target=$PWD/$2 ;; esac
[ ! -e "$target" ] || fail 'already exists:' "$target"
for tool in gpg zstd tar; do
  command -v "$tool" >/dev/null || fail 'not found on this machine:' "$tool"
done
check() {
  if command -v sha256sum >/dev/null; then sha256sum -c "$1"; else shasum -a 256 -c "$1"; fi
}
cd "$(dirname "$0")"
parent=$(cd "$(dirname "$target")" && pwd -P) || fail 'cannot be made there:' "$target"
case $parent/ in "$(pwd -P)"/*) fail 'would lie inside the package, which must stay as it is:' "$target" ;; esac

part=$target.part-$$
work=$(mktemp -d)
trap cleanup EXIT
trap 'exit 130' HUP INT TERM
# Now, since checking may take hours; not by the umask, of which a folder that hands down a list of access makes no use.
mkdir -m 700 "$part"

# The signature, judged with nothing but the keys of this package in a key ring of its own.
signature=manifest.json.$(echo "$signer" | tr A-F a-f).asc
[ -f "$signature" ] || fail 'no signature by this key:' "$signer"
mkdir "$work/gnupg"
gpg --homedir "$work/gnupg" --batch --quiet --import keys/*.asc 2>/dev/null || :
gpg --homedir "$work/gnupg" --batch --quiet --trust-model always --status-fd 3 \
  --verify "$signature" manifest.json 3>"$work/status" 2>"$work/gpg" || :
made_by=$(sed -n 's/^\[GNUPG:\] VALIDSIG .* \([0-9A-F]*\)$/\1/p' "$work/status")
if [ "$made_by" != "$signer" ] || grep -Eq '^\[GNUPG:\] (BADSIG|ERRSIG|REVKEYSIG|EXPSIG) ' "$work/status"; then
  cat "$work/gpg" >&2
  fail 'the signature of manifest.json does not hold for this key'
fi
echo 'signature good, made by' "$signer"

# Every file that the signed manifest names, and no other.
LC_ALL=C tr '{' '\n' <manifest.json |
  LC_ALL=C sed -n 's/.*"name":"\([^"]*\)".*"sha256":"\([0-9a-f]*\)".*/\2  \1/p' | LC_ALL=C sort -k 2 >"$work/sums"
[ -s "$work/sums" ] || fail 'manifest.json names no file'
check "$work/sums" || fail 'a file is missing or is not as it was signed'
sed 's/^[0-9a-f]*  //' "$work/sums" | LC_ALL=C sort >"$work/listed"
find . ! -type d | sed 's,^\./,,' |
  grep -Ev '^(manifest\.json(\.[0-9a-f]+\.asc(\.tsr)?)?|SHA256SUMS)$' | LC_ALL=C sort >"$work/found" || :
diff "$work/listed" "$work/found" >&2 || fail 'files that the manifest does not name, or that are missing:'
grep -E '  (index|volumes)/' "$work/sums" | LC_ALL=C sort >"$work/list" || :
LC_ALL=C sort SHA256SUMS | cmp -s - "$work/list" || fail 'SHA256SUMS is not what manifest.json says'

# Attributes and lists of access, which bsdtar would set and which not every account or file system may, are in tree-*.jsonl.
set --
tar --no-xattrs --no-acls -cf /dev/null -T /dev/null 2>/dev/null && set -- --no-xattrs --no-acls

# A pipe gives the status of its last command alone: the others leave a mark.
grep '^volumes/' "$work/listed" >"$work/volumes" || :
# gpg, which may have to ask for a passphrase, keeps the terminal as its input: it knows it by that.
while read -r volume <&3; do
  echo 'extracting' "$volume"
  { gpg --quiet --decrypt "$volume" || : >"$work/failed"; } |
    { zstd -dcq || : >"$work/failed"; } | tar -xpof - "$@" -C "$part" || : >"$work/failed"
  [ ! -e "$work/failed" ] || fail 'cannot be decrypted, decompressed or unpacked:' "$volume"
done 3<"$work/volumes"

# What even its owner could not read is made readable: else it could not be checked.
find "$part" -type d ! -perm -500 -exec chmod u+rx {} \;
find "$part" -type f ! -perm -400 -exec chmod u+r {} +
for bag in "$part"/*/; do
  cd "$bag" || fail 'not complete or not as exported:' "$bag"
  for list in tagmanifest-sha256.txt manifest-sha256.txt; do
    { [ -f $list ] && { [ ! -s $list ] || check $list >/dev/null; }; } || fail 'not complete or not as exported:' "$bag"
  done
  [ "$(find data ! -type d | wc -l)" -eq "$(wc -l <manifest-sha256.txt)" ] || fail 'not complete or not as exported:' "$bag"
done

cd /
mv "$part" "$target"
echo 'all is complete and as it was signed; extracted to' "$target"
