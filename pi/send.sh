#!/bin/sh
# Perch's smallest camera, for machines without Deno (a Pi with a 32-bit system, a router): takes a
# still, sends it with curl, waits as long as the edge says. Nothing is written to the SD card.
#
#   PERCH_URL=https://cam.example.org PERCH_TOKEN=... sh pi/send.sh
#
# PERCH_CAM is the camera's id, `cam` if unset. PERCH_COMMAND is any command that writes one JPEG to
# its standard output. PERCH_MIN_S is the least number of seconds between two pictures, 1 if unset.
set -u

for name in PERCH_URL PERCH_TOKEN; do
  eval "value=\${$name:-}"
  if [ -z "$value" ]; then
    echo "$name: got nothing, wanted the edge's address and its publish token in PERCH_URL and PERCH_TOKEN" >&2
    exit 2
  fi
done

if [ -z "${PERCH_COMMAND:-}" ]; then
  for program in rpicam-still libcamera-still; do
    if command -v "$program" >/dev/null; then
      PERCH_COMMAND="$program -n -t 1500 --thumb none -q 75 --width 1280 --height 720 -o -"
      break
    fi
  done
fi
if [ -z "${PERCH_COMMAND:-}" ]; then
  echo "PERCH_COMMAND: got nothing and found no rpicam-still, wanted a command that writes a JPEG" >&2
  exit 2
fi

# In memory, and for nobody else: on a command line every user could read the token.
umask 077
memory=/dev/shm
[ -d "$memory" ] || memory=${TMPDIR:-/tmp}
options=$(mktemp "$memory/perch.XXXXXX")
trap 'rm -f "$options"' EXIT
trap 'kill "$pause" 2>/dev/null; exit 143' TERM INT HUP
printf 'header = "Authorization: Bearer %s"\n' "$PERCH_TOKEN" >"$options"
unset PERCH_TOKEN

address="${PERCH_URL%/}/cams/${PERCH_CAM:-cam}/live.jpeg"
said=
pause=

# Says what goes wrong once, not with every picture, of which each may be wrong at another byte.
say() {
  [ "$1" = "$said" ] || printf '%s\n' "$2"
  said=$1
}

while :; do
  answer=$(sh -c "$PERCH_COMMAND" | curl -sS -K "$options" --max-time 60 -X PUT \
    -H 'Content-Type: image/jpeg' --data-binary @- -D - "$address" 2>&1 | tr -d '\000-\011\013-\037' | head -c 8192)
  status=$(printf '%s\n' "$answer" | sed -n 's|^HTTP/[0-9.]* \([0-9]*\).*|\1|p' | tail -n 1)
  # Without leading zeros, which a shell reads as octal; an hour where it is more.
  interval=$(printf '%s\n' "$answer" | sed -n 's/^[Pp]erch-[Ii]nterval: 0*\([0-9]*\)$/\1/p' | tail -n 1)
  case $interval in ????????*) interval=3600000 ;; esac
  # What the edge says is wrong, from its problem document.
  reason=$(printf '%s\n' "$answer" | sed -n 's/\\"//g; s/^{.*"detail":"\([^"]*\)".*/: \1/p' | tail -n 1)
  case $status in
    204) say 204 "sending to $address"; seconds=$(((${interval:-1000} + 999) / 1000)) ;;
    401 | 403 | 404) say "$status" "the edge refuses this camera ($status): check PERCH_URL, PERCH_TOKEN and PERCH_CAM$reason"; seconds=30 ;;
    '') say away "the edge cannot be reached: $answer"; seconds=2 ;;
    *) say "$status" "the edge did not take the picture ($status)$reason"; seconds=5 ;;
  esac
  [ "$seconds" -le 3600 ] || seconds=3600
  [ "$seconds" -ge "${PERCH_MIN_S:-1}" ] || seconds=${PERCH_MIN_S:-1}
  # In the background, so that a signal is heard at once.
  sleep "$seconds" >/dev/null 2>&1 &
  pause=$!
  wait "$pause"
done
