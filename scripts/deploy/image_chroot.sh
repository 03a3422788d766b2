#!/usr/bin/env bash
# Runs the final stage of the Dockerfile in a Debian chroot, where no container engine is: its packages, its user, its binary, its command.
# usage: image_chroot.sh VOICE_SERVER, a binary linked with --static-swift-stdlib. Needs root and mmdebstrap. Exit 1 above LIMIT_MB (160) unpacked.
set -euo pipefail
cd "$(dirname "$0")/../.."
server=$(realpath "$1") limit=${LIMIT_MB:-160}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# debian:bookworm-slim is minbase without documentation, manuals and translations.
excludes=(doc man info locale groff lintian linda)
mmdebstrap --quiet --variant=minbase "${excludes[@]/#/--dpkgopt=path-exclude=/usr/share/}" bookworm "$root" 2>/dev/null ||
  mmdebstrap --quiet --variant=minbase bookworm "$root"
for folder in "${excludes[@]}"; do [ ! -d "$root/usr/share/$folder" ] || find "$root/usr/share/$folder" -mindepth 1 -delete; done
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
base=$(du -sm --apparent-size "$root" | cut -f1)

# The RUN of the stage that the image is made of, as it stands there.
run=$(awk '/^FROM debian/ { final = 1 } final && /^RUN / { on = 1; sub(/^RUN /, "") } on { line = $0; more = sub(/\\$/, "", line); printf "%s ", line; if (!more) exit }' Dockerfile)
[ -n "$run" ] || { echo "no RUN in the final stage of the Dockerfile"; exit 1; }
cp /etc/resolv.conf "$root/etc/"
mount --bind /dev "$root/dev"
# Swift reads its arguments from /proc.
mount -t proc proc "$root/proc"
trap 'umount "$root/dev" "$root/proc"; rm -rf --one-file-system "$root"' EXIT
DEBIAN_FRONTEND=noninteractive chroot "$root" /bin/sh -eu -c "$run" >/dev/null
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
install -m 0755 "$server" "$root/usr/local/bin/voice-server"
strip --strip-all "$root/usr/local/bin/voice-server"

missing=$(chroot "$root" ldd /usr/local/bin/voice-server | grep -E 'not found|libswift|libFoundation|libdispatch' || true)
[ -z "$missing" ] || { echo "the binary needs more than the image has: $missing"; exit 1; }
inside() { chroot --userspec=10001:10001 "$root" "$@"; }
inside timeout 20 voice-server --version
inside env JWT_SECRET=at-least-32-bytes-of-randomness-here ENABLE_VOICE_REALTIME=true timeout 20 voice-server check --offline
if inside touch /written 2>/dev/null; then echo "the user may write to /"; exit 1; fi
size=$(du -sm --apparent-size --one-file-system "$root" | cut -f1)
binary=$(du -m --apparent-size "$root/usr/local/bin/voice-server" | cut -f1)
echo "unpacked: $size MB, of which Debian slim $base MB and voice-server $binary MB; the limit is $limit MB"
[ "$size" -le "$limit" ]
