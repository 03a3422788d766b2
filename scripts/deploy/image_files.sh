#!/usr/bin/env bash
# Collects in DEST all that the image consists of, from the Debian that this runs on: the server, the programs that read PDF and DOCX,
# the libraries of these by ldd, and the few files that they open. There is no shell and no package manager in it.
# usage: image_files.sh DEST, with /usr/local/bin/voice-server in its place. LICENSE and NOTICE are expected in /usr/share/licenses/voice-realtime.
set -euo pipefail
dest=$1
mkdir -p "$dest"

programs=(/usr/local/bin/voice-server /usr/bin/pdftotext /usr/bin/unzip)
files=(
  # What NIOSSL and libcurl trust, and where libcrypto looks for its settings.
  /etc/ssl/certs/ca-certificates.crt /etc/ssl/openssl.cnf /usr/lib/ssl/openssl.cnf /usr/lib/ssl/certs
  /usr/share/licenses/voice-realtime/LICENSE /usr/share/licenses/voice-realtime/NOTICE
)

# A file at its own path, with the directories' links resolved as Debian has them: /lib is /usr/lib.
take() {
  local path
  path=$(realpath "$(dirname "$1")")/$(basename "$1")
  mkdir -p "$dest$(dirname "$path")"
  case $path in
    /usr/lib/ssl/* | /usr/share/common-licenses/*) cp -P "$path" "$dest$path" ;;
    *) cp -L --preserve=mode "$path" "$dest$path" ;;
  esac
  taken+=("$path")
}

taken=()
libraries=$(for program in "${programs[@]}"; do ldd "$program"; done)
unwanted='not found'
# Set where the image is only tried: see image_chroot.sh.
[ -n "${IS_DYNAMIC:-}" ] || unwanted+='|libswift|libFoundation|libdispatch'
if grep -E "$unwanted" <<<"$libraries"; then
  echo "image_files.sh: the server is not linked statically, or the libraries above are not installed" >&2
  exit 1
fi
mapfile -t libraries < <(grep -oE '/[^ ]+' <<<"$libraries" | sort -u)
for path in "${programs[@]}" "${libraries[@]}" "${files[@]}"; do take "$path"; done
for link in bin lib lib64; do [ ! -L "/$link" ] || ln -s "usr/$link" "$dest/$link"; done

# One user, who owns nothing; names are asked of /etc/hosts and DNS.
printf '%s\n' root:x:0:0:root:/root:/usr/sbin/nologin gateway:x:10001:10001::/nonexistent:/usr/sbin/nologin >"$dest/etc/passwd"
printf '%s\n' root:x:0: gateway:x:10001: >"$dest/etc/group"
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >"$dest/etc/nsswitch.conf"
install -d -m 1777 "$dest/tmp"

# The licence of each package that a file is from, and the texts that those refer to.
packages=$(for path in "${taken[@]}"; do dpkg-query -S "$path" "${path#/usr}" 2>/dev/null || true; done | grep -vE '^diversion ' | cut -d: -f1 | sort -u)
for package in $packages; do take "/usr/share/doc/$package/copyright"; done
for text in /usr/share/common-licenses/*; do take "$text"; done
