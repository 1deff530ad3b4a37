// Stand-ins for services (control path): telemetry that records, state in memory, a model that is a function.
import type { ConditionName } from '../core/conditions.ts';
import { MillraceError } from '../core/errors.ts';
import type { StateDelta } from '../core/state-delta.ts';
import type { TopicPartition } from '../core/topic-partition.ts';
import { partitionName } from '../core/topic-partition.ts';
import type { Scorer } from '../ports/scorer.ts';
import type { Checkpoint, StateStore, StateStores } from '../ports/state-store.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** Counts by name, and by name and labels. */
export class FakeTelemetry implements Telemetry {
  readonly counts: Map<string, number> = new Map();
  readonly lines: string[] = [];
  /** The reason of each condition that lasts, by `name where`. */
  readonly conditions: Map<string, string> = new Map();

  count(name: string, by: number, labels: Readonly<Record<string, string>> = {}): void {
    const full = `${name}${JSON.stringify(labels)}`;
    for (const key of [name, full]) this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }
  gauge(): void {}
  removeGauge(): void {}
  observe(): void {}
  raise(name: ConditionName, where: string, reason: string): void {
    this.conditions.set(`${name} ${where}`, reason);
  }
  clear(name: ConditionName, where: string): void {
    this.conditions.delete(`${name} ${where}`);
  }
  info(what: string): void {
    this.lines.push(what);
  }
  warn(what: string): void {
    this.lines.push(what);
  }
  error(what: string): void {
    this.lines.push(what);
  }
}

/** A model that is a function of one feature vector; of several classes it returns all probabilities. */
export function fakeScorer(
  version: string,
  width: number,
  predict: (features: Float32Array) => number | readonly number[],
): Scorer {
  return {
    version,
    inputWidth: width,
    provider: 'cpu',
    async run(features, rowCount, into) {
      let at = 0;
      for (let i = 0; i < rowCount; i++) {
        const outputs = [predict(features.subarray(i * width, (i + 1) * width))].flat();
        into.set(outputs, at);
        at += outputs.length;
      }
    },
    async close() {},
  };
}

/** The state of a partition, shared by its successive owners. */
class MemoryPartition {
  readonly state = new Map<string, Uint8Array>();
  checkpoint: Checkpoint | null = null;
  announced = -1;
}

/** The store of one owner. */
class MemoryStateStore implements StateStore {
  readonly #partition: MemoryPartition;
  #generation = -1;

  constructor(partition: MemoryPartition) {
    this.#partition = partition;
  }

  async restore(generation: number, takesOver = false): Promise<Checkpoint | null> {
    if (generation < this.#partition.announced && !takesOver) throw fenced();
    this.#partition.announced = generation;
    this.#generation = generation;
    return this.#partition.checkpoint;
  }

  async get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    return keys.map((key) => this.#partition.state.get(key) ?? null);
  }

  async check(): Promise<void> {
    this.#checkOwner();
  }

  #checkOwner(): void {
    if (this.#generation < this.#partition.announced) throw fenced();
  }

  async forget(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#partition.state.delete(key);
  }

  async clear(): Promise<void> {
    this.#partition.state.clear();
    this.#partition.checkpoint = null;
  }

  async commit(at: Omit<Checkpoint, 'stages' | 'lost'>, delta: StateDelta): Promise<void> {
    const { state, checkpoint } = this.#partition;
    this.#checkOwner();
    for (const key of delta.deletes) state.delete(key);
    for (const put of delta.puts) state.set(put.key, put.state.slice());
    for (const { key, bytes } of delta.appends) {
      state.set(key, Buffer.concat([state.get(key) ?? Buffer.alloc(0), bytes]));
    }
    this.#partition.checkpoint = { ...at, stages: new Map([...(checkpoint?.stages ?? []), ...delta.stages]) };
  }
}

function fenced(): MillraceError {
  return new MillraceError('FENCED', 'a newer owner has announced itself');
}

/** State in memory: it outlives tasks, not the process. */
export class MemoryStateStores implements StateStores {
  readonly #partitions = new Map<string, MemoryPartition>();

  open(topology: string, origin: TopicPartition): StateStore {
    const name = `${topology}:${partitionName(origin)}`;
    const partition = this.#partitions.get(name) ?? new MemoryPartition();
    this.#partitions.set(name, partition);
    return new MemoryStateStore(partition);
  }

  /** Where a restart of the partition reads from; null before its first checkpoint. */
  offset(topology: string, origin: TopicPartition): number | null {
    return this.#partitions.get(`${topology}:${partitionName(origin)}`)?.checkpoint?.offsetNext ?? null;
  }

  /** Everything that a partition's keys hold. */
  dump(topology: string, origin: TopicPartition): ReadonlyMap<string, Uint8Array> {
    return this.#partitions.get(`${topology}:${partitionName(origin)}`)?.state ?? new Map();
  }

  async served(): Promise<null> {
    return null;
  }
  async ping(): Promise<void> {}
  async verify(): Promise<void> {}
  async close(): Promise<void> {}
}
