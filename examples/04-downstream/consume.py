"""Prints the best reply of every scored conversation; a restart goes on where the last run was."""

import argparse
import json
import re
import signal
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException


def without_frame(value: bytes) -> bytes:
    """The JSON of a value: as it is, or behind a schema registry's frame (byte 0, then the schema's id in 4 bytes)."""
    return value[5:] if value[:1] == b"\0" else value


def best_reply(value: bytes):
    """(quality, tree, text) of the reply with the best predicted quality, or None. Keys that it does not know are ignored."""
    record = json.loads(without_frame(value))
    best = None
    for turn in record["conversations"]:
        quality = re.search(r"(?:^|,)quality:(-?\d+)", turn.get("label") or "")
        if turn["from"] == record["mask"] or quality is None:
            continue
        if best is None or int(quality[1]) > best[0]:
            best = (int(quality[1]), record["tree_id"], turn["value"])
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--brokers", default="127.0.0.1:9092")
    parser.add_argument("--topic", default="steerflow.conversations.scored")
    parser.add_argument("--group", default="best-replies")
    parser.add_argument("--until-end", action="store_true")
    options = parser.parse_args()

    consumer = Consumer(
        {
            "bootstrap.servers": options.brokers,
            "group.id": options.group,
            "isolation.level": "read_committed",
            "auto.offset.reset": "earliest",
            # An offset is stored below, once its record is done with: a record may come twice, never not at all.
            "enable.auto.offset.store": False,
            "enable.partition.eof": options.until_end,
        }
    )
    stopping = False

    def stop(*_) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    at_end = set()
    consumer.subscribe([options.topic])
    try:
        while not stopping:
            message = consumer.poll(0.5)
            if message is None:
                continue
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
                at_end.add(message.partition())
                stopping = len(at_end) == len(consumer.assignment())
                continue
            try:
                reply = best_reply(message.value())
                if reply:
                    quality, tree, text = reply
                    print(f"{quality}\t{tree}\t{' '.join(text.split())}", flush=True)
            except (KeyError, TypeError, ValueError) as error:
                # One record that is wrong must not stop the others.
                place = f"{message.partition()}:{message.offset()}"
                print(f"{place} is not a scored conversation: {error!r}", file=sys.stderr)
            consumer.store_offsets(message)
    finally:
        # Commits what is stored, and gives the partitions back.
        consumer.close()


if __name__ == "__main__":
    main()
