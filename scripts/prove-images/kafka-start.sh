#!/usr/bin/env bash
# Starts the broker of the stand-in for apache/kafka: KAFKA_X_Y=… becomes x.y=… in server.properties, storage is formatted
# with CLUSTER_ID when it is new.
set -euo pipefail
config=/opt/kafka/config/server.properties
java() { /opt/java/bin/java -cp '/opt/kafka/libs/*' "$@"; }

: > "$config"
for name in $(compgen -e KAFKA_); do
  [ "$name" = KAFKA_HEAP_OPTS ] && continue
  key=${name#KAFKA_}
  key=${key,,}
  echo "${key//_/.}=${!name}" >> "$config"
done
java -Xmx128m kafka.tools.StorageTool format --ignore-formatted -t "$CLUSTER_ID" -c "$config"
# shellcheck disable=SC2086
exec /opt/java/bin/java -cp '/opt/kafka/libs/*' $KAFKA_HEAP_OPTS -XX:+UseSerialGC kafka.Kafka "$config"
