// The live stream of one topology (hot path): sends each block to its subscribers and keeps the newest for clients that
// resume.
import type { LabelBlock, PredictionBlock } from '../../core/blocks.ts';
import { SAMPLE_INTERVAL_MS, SAMPLE_ROWS_MAX } from '../../core/port-limits.ts';
import type { TopicPartition } from '../../core/topic-partition.ts';
import { labelsFrame, pickedFrame, predictionsFrame, type PredictionRows } from './frames.ts';
import { PartitionTail } from './partition-tail.ts';
import type { Subscriber } from './subscriber.ts';

export class TopologyFeed {
  readonly topic: string;
  /** By partition. */
  readonly tails: PartitionTail[] = [];
  readonly #whole = new Set<Subscriber>();
  readonly #sampling = new Set<Subscriber>();
  readonly #byKey = new Map<string, Set<Subscriber>>();
  readonly #cutOff: (subscriber: Subscriber) => void;
  #sequence = 0;
  #sampleAtMs = 0;

  /** `cutOff` is called for a client that was disconnected because it is too slow. */
  constructor(topic: string, partitions: number, cutOff: (subscriber: Subscriber) => void) {
    this.topic = topic;
    this.#cutOff = cutOff;
    this.#tail({ topic, partition: partitions - 1 });
  }

  /** Keeps and sends the new rows of a block, without those delivered before. Returns the number of clients. */
  predictions(block: PredictionBlock): number {
    const tail = this.#tail(block.origin);
    const from = tail.firstNew(block);
    if (from === block.count) return 0;
    const { origin, count, offsets, eventTimeMs, keys, scores, flags, version, classes } = block;
    const common = { origin, count, offsets, eventTimeMs, keys, scores, flags, version };
    const rows: PredictionRows = classes === undefined ? common : { ...common, classes };
    tail.push({ sequence: this.#sequence++, rows, from });
    let sent = 0;
    if (this.#whole.size > 0) sent += this.#sendWhole(rows, from);
    if (this.#sampling.size > 0) sent += this.#sendSample(rows, from);
    if (this.#byKey.size > 0) sent += this.#sendByKey(rows, from);
    return sent;
  }

  /**
   * A task starts; predictions up to `through` are published already. Returns the subscribers of the live stream that may
   * lack some of them: another process made them, or died before this one learned of them. Only a client knows what it
   * has. Subscribers of a sample lack nothing.
   */
  begins(origin: TopicPartition, through: number | null): Subscriber[] {
    const tail = this.#tail(origin);
    const { reached } = tail;
    tail.begins(through);
    if (through === null || through <= reached) return [];
    const live = [this.#whole, ...this.#byKey.values()].flatMap((subscribers) => [...subscribers]);
    return live.filter((subscriber) => !subscriber.has(origin.partition, through));
  }

  labels(block: LabelBlock): void {
    let frame: Uint8Array | null = null;
    for (const subscriber of this.#whole) {
      if (!subscriber.wants.labels) continue;
      frame ??= labelsFrame(block, null);
      if (frame !== null) this.#offer(subscriber, frame);
    }
    for (const [key, subscribers] of this.#byKey) {
      const wanting = [...subscribers].filter((subscriber) => subscriber.wants.labels);
      const picked = wanting.length === 0 ? null : labelsFrame(block, key);
      if (picked !== null) this.#send(wanting, picked);
    }
  }

  /** From now on the subscriber gets every block. */
  goLive(subscriber: Subscriber): void {
    const { key, sample } = subscriber.wants;
    if (key === null) {
      (sample ? this.#sampling : this.#whole).add(subscriber);
      return;
    }
    const others = this.#byKey.get(key);
    if (others === undefined) this.#byKey.set(key, new Set([subscriber]));
    else others.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    const { key } = subscriber.wants;
    if (key === null) {
      this.#whole.delete(subscriber);
      this.#sampling.delete(subscriber);
      return;
    }
    const others = this.#byKey.get(key);
    others?.delete(subscriber);
    if (others?.size === 0) this.#byKey.delete(key);
  }

  #sendWhole(rows: PredictionRows, from: number): number {
    const frame = predictionsFrame(rows, from, null);
    let sent = 0;
    for (const subscriber of this.#whole) {
      const first = subscriber.firstNew(rows, from);
      const own = first === from ? frame : predictionsFrame(rows, first, null);
      if (own !== null && this.#offer(subscriber, own)) sent++;
    }
    return sent;
  }

  #sendSample(rows: PredictionRows, from: number): number {
    const nowMs = performance.now();
    if (nowMs < this.#sampleAtMs) return 0;
    this.#sampleAtMs = nowMs + SAMPLE_INTERVAL_MS;
    const frame = predictionsFrame(rows, Math.max(from, rows.count - SAMPLE_ROWS_MAX), null);
    return frame === null ? 0 : this.#send(this.#sampling, frame);
  }

  #sendByKey(rows: PredictionRows, from: number): number {
    const picked = new Map<string, number[]>();
    for (let i = from; i < rows.count; i++) {
      const key = rows.keys[i] as string;
      if (!this.#byKey.has(key)) continue;
      const indices = picked.get(key);
      if (indices === undefined) picked.set(key, [i]);
      else indices.push(i);
    }
    let sent = 0;
    for (const [key, indices] of picked) {
      const frame = pickedFrame(rows, indices);
      for (const subscriber of this.#byKey.get(key) ?? []) {
        const first = subscriber.firstNew(rows, from);
        const own = indices.filter((i) => i >= first);
        if (own.length === 0) continue;
        if (this.#offer(subscriber, own.length === indices.length ? frame : pickedFrame(rows, own))) sent++;
      }
    }
    return sent;
  }

  #send(to: Iterable<Subscriber>, frame: Uint8Array): number {
    let sent = 0;
    for (const subscriber of to) {
      if (this.#offer(subscriber, frame)) sent++;
    }
    return sent;
  }

  #offer(subscriber: Subscriber, frame: Uint8Array): boolean {
    const sent = subscriber.offer(frame);
    if (!sent) this.#cutOff(subscriber);
    return sent;
  }

  /** Partitions may be added to a topic while the engine runs. */
  #tail(origin: TopicPartition): PartitionTail {
    for (let partition = this.tails.length; partition <= origin.partition; partition++) {
      this.tails.push(new PartitionTail({ topic: this.topic, partition }));
    }
    return this.tails[origin.partition] as PartitionTail;
  }
}
