#!/bin/sh
# Checks that a webhook comes from Signoff. POSIX shell with OpenSSL 1.1 or newer.
#
#   verify.sh standard|databricks BODY_FILE [FOLDER]
#
# SECRETS holds the webhook's secret; while you replace it, the old and the new one,
# each on a line. The request's headers are in WEBHOOK_ID, WEBHOOK_TIMESTAMP,
# WEBHOOK_SIGNATURE and X_DATABRICKS_SIGNATURE. BODY_FILE holds the bytes as they came
# in, before anything has parsed them. The exit status is 0 if one of the secrets has
# signed them; for `standard`, just now. With FOLDER, which is on the same disk as
# BODY_FILE, the body is kept there to work on later; the exit status is 3 if this
# message was here before. While the script runs, `ps` shows the key to other users.
set -eu

tolerance_seconds=300
export LC_ALL=C
: "${WEBHOOK_ID:=}" "${WEBHOOK_TIMESTAMP:=}" "${WEBHOOK_SIGNATURE:=}" "${X_DATABRICKS_SIGNATURE:=}"
case $1 in standard | databricks) ;; *) exit 2 ;; esac

hex() { od -An -v -tx1 | tr -d ' \n'; }

# Reads a message; writes its HMAC under a key in hex digits, in hex digits.
mac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary | hex; }

# The key of a secret: what follows `whsec_` is Base64; any other is its own text.
key() {
  text=${1#whsec_}
  if [ "$text" != "$1" ] &&
    [ "$(printf %s "$text" | openssl base64 -d -A | openssl base64 -A)" = "$text" ]; then
    printf %s "$text" | openssl base64 -d -A | hex
  else
    printf %s "$1" | hex
  fi
}

# Compares under a key that nobody knows, so that the time it takes tells nothing.
blind=$(openssl rand -hex 32)
same() { [ "$(printf %s "$1" | mac "$blind")" = "$(printf %s "$2" | mac "$blind")" ]; }

signed() {
  printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"
  cat "$1"
}

is_recent() {
  case $WEBHOOK_TIMESTAMP in '' | 0* | *[!0-9]* | ?????????????*) return 1 ;; esac
  age=$(($(date +%s) - WEBHOOK_TIMESTAMP))
  [ "$age" -le "$tolerance_seconds" ] && [ "$age" -ge "-$tolerance_seconds" ]
}

verify_standard() {
  is_recent || return 1
  expected="v1,$(signed "$2" | openssl dgst -sha256 -mac HMAC \
    -macopt "hexkey:$(key "$1")" -binary | openssl base64 -A)"
  set -f # While Signoff replaces a secret, the header holds a signature of each.
  for signature in $WEBHOOK_SIGNATURE; do
    if same "$expected" "$signature"; then return 0; fi
  done
  return 1
}

verify_databricks() {
  expected=$(mac "$(printf %s "$1" | hex)" <"$2")
  same "$expected" "$X_DATABRICKS_SIGNATURE"
}

printf '%s\n' "$SECRETS" | while IFS= read -r secret; do
  if [ -n "$secret" ] && "verify_$1" "$secret" "$2"; then echo verified; fi
done | grep -q verified || exit 1

if [ -n "${3:-}" ]; then
  case $WEBHOOK_ID in '' | *[!0-9A-Za-z_-]*) exit 1 ;; esac
  ln "$2" "$3/$WEBHOOK_ID.json" 2>/dev/null || {
    [ -e "$3/$WEBHOOK_ID.json" ] && exit 3
    exit 1
  }
fi
