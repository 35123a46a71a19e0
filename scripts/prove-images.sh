#!/usr/bin/env bash
# Builds our image, runs the composition of deploy/compose with it, and shows that nothing is lost when a worker is killed.
# Outside CI: it wants root on Debian, and takes some minutes. docs/deploy.md says what it proves and what it does not.
#
#   scripts/prove-images.sh [--keep]     --keep leaves the folder with all logs
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
cache=${STEERFLOW_CACHE:-$HOME/.cache/steerflow}/images
work=$(mktemp -d "${TMPDIR:-/tmp}/steerflow-images-XXXXXX")
mkdir -p "$cache"
started=$SECONDS
proven=()

say() { echo "[$((SECONDS - started)) s] $*"; }
fail() { echo "failed: $*" >&2 && exit 1; }
prove() { proven+=("$*") && say "proven: $*"; }
json() { node -p 'JSON.parse(process.argv[1])[process.argv[2]]' "$1" "$2"; }
# Repeats a command until it succeeds: patiently SECONDS COMMAND…
patiently() {
  local until=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $until ] || fail "not within its time: $*"
    sleep 2
  done
}

for part in engine compose-plugin stand-ins; do . "$repository/scripts/prove-images/$part.sh"; done

finish() {
  local code=$?
  set +e
  if [ -n "${compose_command:-}" ] && [ -n "${engine:-}" ]; then
    compose logs --no-color > "$work/containers.log" 2>&1
    [ $code -eq 0 ] || tail -30 "$work/containers.log" >&2
    compose down --volumes --timeout 20 > /dev/null 2>&1
  fi
  stop_engine
  if [ "$keep" = 1 ]; then say "logs: $work" && rm -rf "$work/docker"; else rm -rf "$work"; fi
}
keep=0
[ "${1:-}" = --keep ] && keep=1
trap finish EXIT

# ── The engine and the base images
install_engine
# The client that came with the engine: another one may want plugins.
docker=$(dirname "$(command -v dockerd)" | sed 's/sbin$/bin/')/docker
start_engine
find_compose
export DOCKER_BUILDKIT=1 COMPOSE_PROFILES=registry REGISTRY_URL=http://registry:8080/apis/ccompat/v7
say "Docker $("$docker" version --format '{{.Server.Version}}'), compose $("${compose_command[@]}" version --short)"

parts=$(cd "$repository" && node_modules/.bin/tsx -e "
  import { kafkaJars } from './scripts/parts/kafka.ts'
  import { registryJar } from './scripts/parts/registry.ts'
  const [kafka, registry] = [kafkaJars(), registryJar()]
  console.log([kafka?.java, kafka?.libs, registry?.java, registry?.jar].join(' '))
")
read -r kafka_java kafka_libs registry_java registry_jar <<< "$parts"
[ -n "${registry_jar:-}" ] || fail "absent: npm run setup -- kafka registry"
say "stand-ins for the base images, which are not pulled"
bookworm
node_stand_in
kafka_stand_in "$kafka_java" "$kafka_libs"
registry_stand_in "$registry_java" "$registry_jar"

# ── Our image
size() { "$docker" image inspect --format '{{.Size}}' "$1"; }
build() {
  "$docker" build --network host --build-arg "REGISTRY=$2" --tag "$1" "$repository" > "$work/build-$2.log" 2>&1 ||
    fail "$(tail -20 "$work/build-$2.log")"
}
built=$SECONDS
build steerflow:plain 0
built=$((SECONDS - built))
base=$(size node:22-bookworm-slim)
ours=$((($(size steerflow:plain) - base) / 1000000))
prove "docker build: $built s, $ours MB above its base image"
build steerflow:0.1.0 1
prove "docker build --build-arg REGISTRY=1: $((($(size steerflow:0.1.0) - base) / 1000000)) MB above its base image"

run=("$docker" run --rm --network none --read-only --tmpfs /tmp --cap-drop ALL)
[ "$("${run[@]}" --entrypoint id steerflow:plain -u)" = 1000 ] || fail "the image does not run as user 1000"
"${run[@]}" steerflow:plain --version > /dev/null
mkdir -m 777 "$work/embedded"
"${run[@]}" -v "$work/embedded:/data" steerflow:plain quickstart > "$work/quickstart.txt" 2>&1 ||
  fail "$(tail -20 "$work/quickstart.txt")"
ids() { grep -o '"id": *"[^"]*"' | sort; }
"${run[@]}" -v "$work/embedded:/data" steerflow:plain tap conversations.scored --values | ids > "$work/expected.ids"
expected=$(wc -l < "$work/expected.ids")
prove "the image alone: user 1000, read-only, no capabilities, no network: the quickstart scores $expected conversations"

# ── The composition
up=$SECONDS
compose up --detach --no-build --wait --wait-timeout 300 || {
  # --wait also gives up when a one-shot service ends; what counts is that workers run.
  [ -n "$(compose ps --quiet --status running worker)" ] || fail "docker compose up"
}
patiently 120 curl --silent --fail --output "$work/compatibility.json" http://127.0.0.1:8080/apis/ccompat/v7/config
up=$((SECONDS - up))
grep -q BACKWARD "$work/compatibility.json" || fail "the registry's compatibility is $(cat "$work/compatibility.json")"
subjects=$(curl --silent --fail http://127.0.0.1:8080/apis/ccompat/v7/subjects | node -p 'JSON.parse(require("fs").readFileSync(0)).length')
prove "docker compose up: broker, registry (BACKWARD, $subjects subjects registered), topics and a worker in $up s"
open=$("$docker" ps --format '{{.Ports}}' | grep -c '0\.0\.0\.0\|\[::\]' || true)
[ "$open" = 0 ] || fail "$("$docker" ps --format '{{.Names}} {{.Ports}}')"
prove "every published port is bound to 127.0.0.1"

ingest() {
  compose run --rm -T --volume "$repository/examples/data/oasst1_en_val.trees.jsonl:/work/trees.jsonl:ro" \
    worker ingest trees.jsonl > "$work/ingest.txt" 2>&1 || fail "$(cat "$work/ingest.txt")"
  say "$(grep 'rejected' "$work/ingest.txt" | tail -1)"
}
ingest
compose up --detach --no-build --no-recreate --scale worker=3 > /dev/null 2>&1
workers=$(compose ps --quiet --status running worker | wc -l)
[ "$workers" = 3 ] || fail "$workers workers run, not 3"
prove "a file was ingested and the workers scaled to 3"

scored() { compose run --rm -T --no-deps worker tap conversations.scored --values 2> /dev/null | ids > "$work/scored.ids"; }
some() { scored && say "$(wc -l < "$work/scored.ids") scored" && [ "$(wc -l < "$work/scored.ids")" -ge "$1" ]; }
patiently 300 some 1
victim=$(compose ps --quiet --status running worker | tail -1)
"$docker" kill --signal KILL "$victim" > /dev/null
at_kill=$(wc -l < "$work/scored.ids")
say "killed one of three workers with $at_kill of $expected scored"
patiently 300 some "$expected"
sleep 15
scored
[ -z "$(uniq -d "$work/scored.ids")" ] || fail "scored twice: $(uniq -d "$work/scored.ids" | wc -l)"
cmp -s "$work/expected.ids" "$work/scored.ids" || fail "not the conversations of the undisturbed run"
[ -z "$(compose run --rm -T --no-deps worker dead-letters list --json 2> /dev/null)" ] || say "note: there are dead letters"
prove "one of 3 workers killed at $at_kill of $expected: all $expected scored, none twice, the same ids as undisturbed and embedded"

seen=$(cd "$repository" && node_modules/.bin/tsx examples/04-downstream/consume.ts --until-end | wc -l)
[ "$seen" -gt 0 ] || fail "the example consumer saw nothing on 127.0.0.1:9092"
prove "the example consumer on this machine read $seen best replies by 127.0.0.1:9092"

restarted=$(compose ps --all --quiet worker | xargs "$docker" inspect --format '{{.RestartCount}}' | grep -vc '^0$' || true)
[ "$restarted" = 0 ] || fail "$restarted workers ended by themselves and were started again"
left=$(compose ps --quiet --status running worker)
stopping=$SECONDS
compose stop worker > /dev/null 2>&1
stopping=$((SECONDS - stopping))
for worker in $left; do
  code=$("$docker" inspect --format '{{.State.ExitCode}}' "$worker")
  [ "$code" = 0 ] && "$docker" logs "$worker" 2>&1 | grep -q 'stopped cleanly' || fail "a stopped worker ended with $code"
done
prove "docker compose stop: SIGTERM reaches node, $(wc -w <<< "$left") workers drained and ended with 0 in $stopping s"

compose down --timeout 60 > /dev/null 2>&1
compose up --detach --no-build --wait --wait-timeout 300 > /dev/null 2>&1 || true
sleep 20
scored
cmp -s "$work/expected.ids" "$work/scored.ids" || fail "not the same conversations after down and up"
behind=$(compose run --rm -T --no-deps worker status --json 2> /dev/null | { grep -o '"state":"behind"' || true; } | wc -l)
[ "$behind" = 0 ] || fail "$behind partitions are behind after down and up"
prove "docker compose down and up: the volumes have everything, no node is behind, nothing was done again"

# ── As it is committed: without a registry, and with the small image
compose down --volumes --timeout 60 > /dev/null 2>&1
unset COMPOSE_PROFILES REGISTRY_URL
"$docker" tag steerflow:plain steerflow:0.1.0
compose up --detach --no-build --wait --wait-timeout 300 > /dev/null 2>&1 || true
ingest
patiently 300 some "$expected"
cmp -s "$work/expected.ids" "$work/scored.ids" || fail "not the same conversations without a registry"
health=$("$docker" inspect --format '{{.State.Health.Status}}' "$(compose ps --quiet worker)")
[ "$health" = healthy ] || fail "the worker is $health"
prove "without a registry, small image: all $expected scored, the worker is healthy"

echo
echo "proven, with stand-ins for the base images:"
printf '  %s\n' "${proven[@]}"
cat << 'END'
not proven:
  the official images of node, Apache Kafka and Apicurio Registry: they were not pulled; the stand-ins hold the same
  releases of node, of Kafka's jars and of the registry, and read the environment variables that compose.yaml uses
  other machines, architectures and engines than this one
END
