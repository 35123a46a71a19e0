#!/usr/bin/env bash
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
steerflow() { node "$here/../../dist/cli/main.js" "$@"; }

# Conversations → value model → annotation → training data.
steerflow quickstart

# What is in the log, in the datasets, and what was trained.
steerflow status
steerflow datasets list
steerflow jobs list
steerflow models list
steerflow shards verify

# One conversation as it goes to the trainer.
steerflow tap conversations.scored --values --limit 1 | cut -c 1-120

# Again: nothing is new.
steerflow quickstart | grep 'nothing new'
