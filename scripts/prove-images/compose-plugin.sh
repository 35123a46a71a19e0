# The compose plugin, which Debian 12 lacks (its docker-compose is version 1, which does not know half of the file).
# Sourced by ../prove-images.sh.

COMPOSE_VERSION=v2.40.3
# What Go's checksum database has for the module.
COMPOSE_SUM=h1:XeYkQu1svDtyfZPv5nTwFryQ25ZJMkIlc4pz9HalMPI=

# Makes `compose` work: takes the plugin that is installed, or else builds it from its Go module into the cache.
find_compose() {
  compose_command=("$docker" compose)
  "${compose_command[@]}" version > /dev/null 2>&1 && return
  compose_command=("$cache/docker-compose-$COMPOSE_VERSION")
  [ -x "${compose_command[0]}" ] && return
  command -v go > /dev/null || fail "neither the compose plugin of docker nor go is here"
  say "building docker compose $COMPOSE_VERSION from its Go module (once, some minutes)"
  local module
  module=$(go mod download -json "github.com/docker/compose/v2@$COMPOSE_VERSION")
  [ "$(json "$module" Sum)" = "$COMPOSE_SUM" ] || fail "docker compose has another checksum than is pinned"
  cp -r "$(json "$module" Dir)" "$work/compose-source"
  chmod -R u+w "$work/compose-source"
  (cd "$work/compose-source" && nice go build -trimpath \
    -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$COMPOSE_VERSION" \
    -o "$work/docker-compose" ./cmd) > "$work/compose-build.log" 2>&1 || fail "$(tail -5 "$work/compose-build.log")"
  mv "$work/docker-compose" "${compose_command[0]}"
}

compose() { "${compose_command[@]}" --project-directory "$repository/deploy/compose" --progress quiet "$@"; }
