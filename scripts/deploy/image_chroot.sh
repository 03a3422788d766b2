#!/usr/bin/env bash
# Does what the Dockerfile says after its first stage, where no container engine is, and tries what comes out: a chroot is the container.
# usage: image_chroot.sh VOICE_SERVER, from static_build.sh. Needs root and mmdebstrap. Exit 1 above LIMIT (120): 10^6 bytes unpacked, as
# du --apparent-size counts them.
#   RUNTIME=FOLDER   Swift's shared libraries, for a debug build: CI tries the steps by it, which need no static build; LIMIT has to be higher
set -euo pipefail
cd "$(dirname "$0")/../.."
server=$(realpath "$1") limit=${LIMIT:-120}
scratch=$(mktemp -d)
debian=$scratch/debian image=$scratch/image
mounts=() children=()
finish() {
  [ ${#children[@]} -eq 0 ] || kill "${children[@]}" 2>/dev/null || true
  wait
  for ((at = ${#mounts[@]} - 1; at >= 0; at--)); do umount --lazy "${mounts[at]}"; done
  rm -rf --one-file-system "$scratch"
}
trap finish EXIT
fail() {
  echo "image_chroot.sh: $*" >&2
  exit 1
}
put() {
  mount "${@:1:$#-1}" "${!#}"
  mounts+=("${!#}")
}

# A stage's instructions, one a line, by how its FROM ends.
stage() { grep -vE '^ *(#|$)' Dockerfile | sed -e ':more' -e '/\\$/{N;s/\\\n *//;b more' -e '}' | awk -v from="$1\$" '/^FROM / { on = $0 ~ from; next } on'; }
[ -n "$(stage 'AS files')" ] && [ -n "$(stage ' scratch')" ] || fail "the Dockerfile has no stages as this script knows them"

mmdebstrap --quiet --variant=minbase bookworm "$debian" 2>/dev/null
cp /etc/resolv.conf "$debian/etc/"
if [ -n "${RUNTIME:-}" ]; then
  mkdir -p "$debian$RUNTIME"
  cp "$RUNTIME"/*.so "$debian$RUNTIME/"
fi
put --bind /dev "$debian/dev"
put -t proc proc "$debian/proc"
while read -r instruction words; do
  case $instruction in
    RUN) env ${RUNTIME:+"IS_DYNAMIC=yes"} DEBIAN_FRONTEND=noninteractive chroot "$debian" /bin/sh -eu -c "$words" >/dev/null 2>"$scratch/log" || fail "$(cat "$scratch/log")" ;;
    COPY)
      words=${words/--from=build \/out\/voice-server/$server}
      read -ra words <<<"$words"
      to=$debian${words[-1]}
      [[ $to != */ ]] || mkdir -p "$to"
      cp "${words[@]:0:${#words[@]}-1}" "$to"
      ;;
    *) fail "$instruction in the stage of the files" ;;
  esac
done < <(stage 'AS files')
mv "$debian/files" "$image"

bytes() { (cd "$image" && du -sc --apparent-size -B1 -- "$@" | tail -1 | cut -f1); }
part() { awk -v name="$1" -v bytes="$(bytes "${@:2}")" 'BEGIN { printf "%8.1f MB  %s\n", bytes / 1e6, name }'; }
loader=$(cd "$image" && find usr/lib* -maxdepth 1 -name 'ld-linux-*')
libraries() { chroot "$image" "/$loader" --list "$1" | grep -oE '=> /[^ ]+' | cut -c5- | xargs -n 1 basename | sort; }
cd "$image"
libraries /usr/local/bin/voice-server >"$scratch/server"
find usr/lib -name '*.so*' ! -name 'ld-linux-*' -printf '%f %p\n' | sort >"$scratch/all"
mapfile -t own < <(join "$scratch/all" "$scratch/server" | cut -d' ' -f2)
mapfile -t others < <(join -v 1 "$scratch/all" "$scratch/server" | cut -d' ' -f2)
part "voice-server" usr/local
part "its libraries, ${#own[@]}" "${own[@]}" "$loader"
part "pdftotext and unzip, with ${#others[@]} libraries more" usr/bin "${others[@]}"
part "certificates and settings" etc
part "licences" usr/share
total=$(bytes .)
echo "$(awk -v bytes="$total" 'BEGIN { printf "%8.1f", bytes / 1e6 }') MB  unpacked; the limit is $limit MB"
[ "$total" -le $((limit * 1000000)) ] || fail "above the limit"
cd - >/dev/null

# Only root may write, except below /tmp.
loose=$(find "$image" ! -type l \( -perm -o+w -o ! -user 0 \) ! -path "$image/tmp")
[ -z "$loose" ] || fail "may be written: $loose"

# What an engine adds; and documents, beside a certificate that is trusted for a while.
mkdir "$image/proc" "$image/dev" "$image/documents"
echo '127.0.0.1 localhost' >"$image/etc/hosts"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout "$scratch/key.pem" -out "$scratch/cert.pem" 2>/dev/null
cat "$scratch/cert.pem" >>"$image/etc/ssl/certs/ca-certificates.crt"
python3 scripts/deploy/documents.py "$image/documents"
put --bind "$image" "$image"
mount -o remount,bind,ro "$image"
# Swift reads its arguments from /proc.
put -t proc proc "$image/proc"
put --bind /dev "$image/dev"

words() { stage ' scratch' | sed -n "s/^$1 .*CMD //p; s/^$1 //p" | head -1 | tr -d '[],"'; }
read -ra environment <<<"$(words ENV)"
read -ra command <<<"$(words ENTRYPOINT) $(words CMD)"
read -ra health <<<"$(words HEALTHCHECK)"
user=$(words USER)
[ "$user" = 10001:10001 ] && [ "${#health[@]}" -gt 1 ] || fail "USER or HEALTHCHECK is not as it was"
chroot=$(command -v chroot)
enter() { exec env -i "${environment[@]}" "${given[@]}" "$chroot" --userspec="$user" "$image" "$@"; }
inside() { (enter "$@"); }
given=()

inside voice-server --version
given=(RAG_DOCUMENTS=/documents)
for word in lighthouse observatory; do
  inside voice-server rag query "Where is the $word?" >"$scratch/answer" || fail "$(cat "$scratch/answer")"
  grep -q "the $word stands" "$scratch/answer" || fail "the $word is not found: $(cat "$scratch/answer")"
  echo "ok    $(grep -oE '[^ ]+\.(pdf|docx)' "$scratch/answer" | head -1) is read"
done

free_port='import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
engine=$(python3 -c "$free_port") port=$(python3 -c "$free_port") tls=$(python3 -c "$free_port")
given=()
enter voice-server simulate --port "$engine" >/dev/null 2>&1 &
children+=($!)
openssl s_server -quiet -www -accept "$tls" -cert "$scratch/cert.pem" -key "$scratch/key.pem" >/dev/null 2>&1 &
children+=($!)
given=(
  "PORT=$port" ENABLE_VOICE_REALTIME=true JWT_SECRET=at-least-32-bytes-of-randomness-here OPENAI_API_KEY=simulator
  "OPENAI_REALTIME_URL=ws://localhost:$engine/v1/realtime"
)
enter "${command[@]}" >"$scratch/log" 2>&1 &
container=$!
children+=("$container")
for ((tries = 0; tries < 100; tries++)); do
  ! inside "${health[@]}" >/dev/null 2>&1 || break
  sleep 0.2
done
inside "${health[@]}" >/dev/null || fail "${health[*]}: $(cat "$scratch/log")"
echo "ok    ${command[*]}, and ${health[*]} of the HEALTHCHECK"
inside voice-server check || fail "check: a line above"
inside voice-server load --sessions 2 --hold 3 --url "http://localhost:$port" >"$scratch/load" 2>&1 || fail "$(cat "$scratch/load")"
echo "ok    sessions with the simulator upstream"
inside voice-server probe --url "https://localhost:$tls" / >/dev/null || fail "the bundle of certificates is not trusted by libcurl"
given+=("OPENAI_REALTIME_URL=wss://localhost:$tls/v1/realtime")
inside voice-server check >"$scratch/answer" 2>&1 && fail "check: a web server is no Realtime server"
! grep -q certificate "$scratch/answer" || fail "the bundle of certificates is not trusted by NIOSSL: $(cat "$scratch/answer")"
echo "ok    TLS by the bundle of certificates, through libcurl and through NIOSSL"
kill -s "$(words STOPSIGNAL)" "$container"
wait "$container" || fail "$(words STOPSIGNAL): status $?, $(tail -5 "$scratch/log")"
echo "ok    an end with status 0 upon $(words STOPSIGNAL)"
