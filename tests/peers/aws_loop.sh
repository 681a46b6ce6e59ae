#!/usr/bin/env bash
# The aws CLI in a loop, a new process for every call, as a user's shell would have it. Prints one JSON line per
# call, {"ok", "access_key_id", "error"}; `access_key_id` is the one that signed the request on the wire, which the
# CLI tells in its debug output. Ends after $1 calls (default: 1000000) or when stdin closes.
set -uo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT

json_string() {
  tr -d '[:cntrl:]' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&"/'
}

for ((left = ${1-1000000}; left > 0; left--)); do
  ok=true error=null
  aws sts get-caller-identity --debug >"$log" 2>&1 </dev/null || {
    ok=false
    error=$(tail -n 1 "$log" | json_string)
  }
  key=$(grep -o 'Credential=[A-Za-z0-9]*' "$log" | tail -n 1 | cut -d = -f 2 | json_string)
  echo "{\"ok\": $ok, \"access_key_id\": ${key:-null}, \"error\": $error}"
  # A test ends the loop by closing stdin; a read that merely times out returns more than 128.
  read -r -t 0.05
  [[ $? -gt 128 ]] || break
done
