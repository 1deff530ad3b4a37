# librdkafka, through Confluent's Python client, as a process that many worlds share: the `produce` command of
# WorldClient.java, with the same answers.
import base64
import sys

from confluent_kafka import Producer

BYTES_MAX = 64 << 20


def open_producer(brokers, codec, is_transaction, nth):
    settings = {
        "bootstrap.servers": brokers,
        "compression.type": codec,
        "message.max.bytes": BYTES_MAX,
        "linger.ms": 5,
        "enable.idempotence": True,
        "delivery.timeout.ms": 30_000,
    }
    if is_transaction:
        settings["transactional.id"] = f"world-client-python-{codec}-{nth}"
    producer = Producer(settings)
    if is_transaction:
        producer.init_transactions(30)
    return producer


def decode(text):
    return None if text == "-" else b"" if text == "+" else base64.b64decode(text)


def produce(producer, topic, transaction, lines):
    failures = []

    def delivered(error, _message):
        if error is not None:
            failures.append(str(error))

    if transaction != "none":
        producer.begin_transaction()
    for line in lines:
        partition, timestamp, key, value = line.split(" ")
        producer.produce(
            topic,
            value=decode(value),
            key=decode(key),
            partition=int(partition),
            timestamp=int(timestamp),
            on_delivery=delivered,
        )
    left = producer.flush(30)
    if transaction == "commit":
        producer.commit_transaction(30)
    elif transaction == "abort":
        producer.abort_transaction(30)
    if left > 0:
        failures.append(f"{left} records were not delivered")
    if failures:
        raise RuntimeError("; ".join(failures[:3]))


def main():
    brokers, run = sys.argv[1], sys.argv[2]
    producers = {}
    while line := sys.stdin.readline():
        _, command, topic, codec, transaction, count = line.split()
        lines = [sys.stdin.readline().rstrip("\n") for _ in range(int(count))]
        try:
            key = (codec, transaction != "none")
            if key not in producers:
                producers[key] = open_producer(brokers, codec, key[1], run)
            produce(producers[key], topic, transaction, lines)
            print(f"done {command}", flush=True)
        except Exception as error:  # reported to the harness, which decides
            print(f"failed {command} {error}".replace("\n", " "), flush=True)


main()
