# A Docker engine of one's own: its socket, its data and its processes are this script's. Sourced by ../prove-images.sh.

# Installs what the engine and the base images need, as root on Debian.
install_engine() {
  local absent=()
  command -v dockerd > /dev/null || absent+=(docker.io containerd runc iptables)
  command -v debootstrap > /dev/null || absent+=(debootstrap)
  [ ${#absent[@]} -eq 0 ] && return
  [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null || fail "not here, and not root on Debian: ${absent[*]}"
  say "apt-get install ${absent[*]}"
  apt-get update -q > "$work/apt.log"
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=600 \
    "${absent[@]}" >> "$work/apt.log" 2>&1 || fail "$(tail -5 "$work/apt.log")"
}

# Starts dockerd, which starts its own containerd, and waits until it answers. It leaves this machine's firewall and its
# bridge alone: containers meet in the network of the composition, and ports are published by its proxy.
start_engine() {
  export DOCKER_HOST="unix://$work/docker.sock"
  dockerd -H "$DOCKER_HOST" --data-root "$work/docker" --exec-root "$work/exec" --pidfile "$work/docker.pid" \
    --storage-driver overlay2 --iptables=false --ip6tables=false --bridge=none > "$work/dockerd.log" 2>&1 &
  engine=$!
  for _ in $(seq 60); do
    "$docker" version > /dev/null 2>&1 && return
    kill -0 "$engine" 2> /dev/null || break
    sleep 1
  done
  fail "dockerd does not answer: $(tail -5 "$work/dockerd.log")"
}

# Ends its containers, then the engine, by its own process.
stop_engine() {
  [ -n "${engine:-}" ] || return 0
  "$docker" ps -q | xargs -r "$docker" kill > /dev/null 2>&1 || true
  kill "$engine" 2> /dev/null || true
  wait "$engine" 2> /dev/null || true
  engine=
}
