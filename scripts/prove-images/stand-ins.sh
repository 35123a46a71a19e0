# Stand-ins for the base images, where they cannot be pulled: Debian by debootstrap, and what the official images hold as
# far as our files use it. Sourced by ../prove-images.sh.

NODE_VERSION=22.23.3
NPM_VERSION=10.9.9

# Debian 12 with nothing but what it cannot do without, and this machine's certificate authorities.
bookworm() {
  if [ ! -f "$cache/bookworm.tar" ]; then
    say "debootstrap of Debian 12 (once, some minutes)"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$work/bookworm" > "$work/debootstrap.log" 2>&1 ||
      fail "$(tail -5 "$work/debootstrap.log")"
    rm -rf "$work"/bookworm/var/cache/apt/archives/*.deb "$work"/bookworm/var/lib/apt/lists/*
    tar -C "$work/bookworm" -cf "$work/bookworm.tar" .
    mv "$work/bookworm.tar" "$cache/bookworm.tar"
  fi
  "$docker" import "$cache/bookworm.tar" stand-in/bookworm > /dev/null
}

# node:22-bookworm-slim: Node from its npm package, npm, and the user `node`.
node_stand_in() {
  local context=$work/node
  mkdir -p "$context"
  (cd "$context" && npm init -y > /dev/null &&
    npm install --silent --ignore-scripts "node-linux-$(node -p process.arch)@$NODE_VERSION" "npm@$NPM_VERSION")
  mv "$context"/node_modules/node-linux-*/bin/node "$context/node"
  mv "$context/node_modules/npm" "$context/npm"
  cp /etc/ssl/certs/ca-certificates.crt "$context/"
  "$docker" build --quiet --network none --tag node:22-bookworm-slim --file - "$context" > /dev/null << 'END'
FROM stand-in/bookworm
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && chmod +x /usr/local/lib/node_modules/npm/bin/npm-cli.js \
 && groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node
ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt npm_config_cafile=/etc/ssl/certs/ca-certificates.crt
CMD ["node"]
END
}

# apache/kafka:4.3.1: the jars that tests use, a Java, the user, and a start script that reads KAFKA_* as the official does.
kafka_stand_in() {
  local context=$work/kafka
  mkdir -p "$context"
  copy_java "$1" "$context/java"
  cp -r "$2" "$context/libs"
  cp "$repository/scripts/prove-images/kafka-start.sh" "$context/"
  "$docker" build --quiet --network none --tag apache/kafka:4.3.1 --file - "$context" > /dev/null << 'END'
FROM stand-in/bookworm
COPY java /opt/java
COPY libs /opt/kafka/libs
COPY kafka-start.sh /opt/kafka/start.sh
RUN useradd --uid 1000 appuser && mkdir -p /var/lib/kafka/data /opt/kafka/config \
 && chown -R appuser /var/lib/kafka /opt/kafka/config
USER appuser
VOLUME /var/lib/kafka/data
CMD ["bash", "/opt/kafka/start.sh"]
END
}

# apicurio/apicurio-registry:3.3.3: the archive that tests use, on a Java.
registry_stand_in() {
  local context=$work/registry
  mkdir -p "$context"
  copy_java "$1" "$context/java"
  cp -r "$(dirname "$2")" "$context/app"
  "$docker" build --quiet --network none --tag apicurio/apicurio-registry:3.3.3 --file - "$context" > /dev/null << 'END'
FROM stand-in/bookworm
COPY java /opt/java
COPY app /opt/app
USER 1000
WORKDIR /opt/app
CMD ["bash", "-c", "exec /opt/java/bin/java $JAVA_OPTS_APPEND -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Djava.util.logging.manager=org.jboss.logmanager.LogManager -Dquarkus.http.host=0.0.0.0 -jar quarkus-run.jar"]
END
}

# The Java machine of a `java`, with files in the place of links that lead out of it.
copy_java() {
  local home
  home=$(dirname "$(dirname "$(realpath "$1")")")
  mkdir -p "$2"
  tar -C "$home" --exclude=./jmods --exclude=./man --exclude=./docs --exclude=./src.zip --exclude=./lib/src.zip \
    --ignore-failed-read -chf - . 2> /dev/null | tar -C "$2" -xf -
}
