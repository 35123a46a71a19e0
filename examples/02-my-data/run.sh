#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
steerflow() { node "$here/../../dist/cli/main.js" "$@"; }

steerflow quickstart "$here/chats.jsonl"

# The line that is wrong, with its place, the reason, and its bytes.
steerflow dead-letters list
steerflow dead-letters show 0:0

# The model that was learnt scores files, too.
steerflow score "$here/chats.jsonl" > scored.jsonl || echo "exit code $?"
wc -l < scored.jsonl
