// Stand-ins for the outside (control path): telemetry that remembers, state in memory, a model that is a function.
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

  count(name: string, by: number, labels: Readonly<Record<string, string>> = {}): void {
    const full = `${name}${JSON.stringify(labels)}`;
    for (const key of [name, full]) this.counts.set(key, (this.counts.get(key) ?? 0) + by);
  }
  gauge(): void {}
  observe(): void {}
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

/** A model that is a function of one feature vector. */
export function fakeScorer(
  version: string,
  width: number,
  predict: (features: Float32Array) => number,
): Scorer {
  return {
    version,
    inputWidth: width,
    provider: 'cpu',
    async run(features, rowCount, into) {
      for (let i = 0; i < rowCount; i++) into[i] = predict(features.subarray(i * width, (i + 1) * width));
    },
    async close() {},
  };
}

class MemoryStateStore implements StateStore {
  readonly state = new Map<string, Uint8Array>();
  checkpoint: Checkpoint | null = null;
  announced = -1;
  #generation = -1;

  async restore(generation: number): Promise<Checkpoint | null> {
    if (generation < this.announced) throw new MillraceError('FENCED', 'a newer owner has announced itself');
    this.announced = generation;
    this.#generation = generation;
    return this.checkpoint;
  }

  async get(keys: readonly string[]): Promise<ReadonlyArray<Uint8Array | null>> {
    return keys.map((key) => this.state.get(key) ?? null);
  }

  async commit(at: Omit<Checkpoint, 'stages'>, delta: StateDelta): Promise<void> {
    if (this.#generation < this.announced)
      throw new MillraceError('FENCED', 'a newer owner has announced itself');
    for (const key of delta.deletes) this.state.delete(key);
    for (const { key, state } of delta.puts) this.state.set(key, state.slice());
    for (const { key, bytes } of delta.appends) {
      this.state.set(key, Buffer.concat([this.state.get(key) ?? Buffer.alloc(0), bytes]));
    }
    this.checkpoint = { ...at, stages: new Map([...(this.checkpoint?.stages ?? []), ...delta.stages]) };
  }
}

/** State in memory: it outlives the tasks, not the process. */
export class MemoryStateStores implements StateStores {
  readonly #stores = new Map<string, MemoryStateStore>();

  open(topology: string, of: TopicPartition): StateStore {
    const name = `${topology}:${partitionName(of)}`;
    const store = this.#stores.get(name) ?? new MemoryStateStore();
    this.#stores.set(name, store);
    return store;
  }

  /** Everything that a partition's keys hold. */
  dump(topology: string, of: TopicPartition): ReadonlyMap<string, Uint8Array> {
    return this.#stores.get(`${topology}:${partitionName(of)}`)?.state ?? new Map();
  }

  async served(): Promise<null> {
    return null;
  }
  async ping(): Promise<void> {}
  async close(): Promise<void> {}
}
