// Topologies whose predictions are compared by one hash over ids and scores, on a real Kafka with a real registry.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { KafkaEventLog } from '../../src/adapters/kafka/event-log.ts';
import type { Topology } from '../../src/index.ts';
import { quietTelemetry } from '../integration/quiet-telemetry.ts';
import { millrace } from './cli.ts';
import { registerModel } from './flights-backfill.ts';
import { kafkaBrokers, schemaRegistryUrl, uniqueName } from './services.ts';

/** A topology with its topic and its champion; its name is that of both. */
export interface Hashed {
  readonly name: string;
  readonly file: string;
}

/** Parts of the topology, in TypeScript. */
export interface HashedCode {
  readonly schema: string;
  readonly format: string;
  /** Of the features stage. */
  readonly features: string;
}

export class HashedPredictions {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'millrace-formats-'));
  readonly #log = new KafkaEventLog({ brokers: kafkaBrokers().split(',') }, quietTelemetry());

  async close(): Promise<void> {
    await this.#log.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** Of the commands of a topology. */
  settings(name: string): Record<string, string> {
    return {
      MILLRACE_KAFKA_BROKERS: kafkaBrokers(),
      MILLRACE_SCHEMA_REGISTRY_URL: schemaRegistryUrl(),
      MILLRACE_DATA: join(this.folder, name),
      MILLRACE_PORT: '0',
    };
  }

  async topology({ schema, format, features }: HashedCode): Promise<Hashed> {
    const name = uniqueName('one-hash').replaceAll('_', '-');
    const file = join(this.folder, `${name}.ts`);
    const index = resolve(import.meta.dirname, '../../src/index.ts');
    writeFileSync(
      file,
      `import { avro, categorical, count, defineTopology, double, features, hours, json, mean, nullable, numeric, protobuf, score, sliding, source, string, timestamp, view } from '${index}';
const over = { over: sliding(hours(1)) };
export default defineTopology(source('${name}', { schema: ${schema}, eventTime: 'at', partitions: 1, format: ${format} }), {
  name: '${name}',
  predictions: { format: 'json' },
  stages: [features(${features}), score({ key: 'id', fallback: 0.5 })],
});
`,
    );
    const topology = ((await import(file)) as { readonly default: Topology }).default; // as written above
    await registerModel(topology, join(this.folder, name));
    const config = { 'retention.ms': '-1' };
    await this.#log.client.admin.createTopics([{ topic: name, partitions: 1, replicationFactor: 1, config }]);
    await this.#runs(['models', 'promote', file, 'v1'], name);
    return { name, file };
  }

  /** Loads a file of JSON lines. */
  load({ name, file }: Hashed, events: string): Promise<void> {
    return this.#runs(['load', file, events], name);
  }

  /** Predicts what the topic has. */
  predict({ name, file }: Hashed): Promise<void> {
    return this.#runs(['run', file, '--until-caught-up'], name);
  }

  async #runs(words: readonly string[], name: string): Promise<void> {
    const ended = await millrace(words, this.settings(name));
    if (ended.code !== 0) throw new Error(ended.stderr);
  }

  /**
   * Ids and scores by id, as the predictions topic has them.
   * @throws Error if less than so many scores differ, which would make any hash the right one
   */
  async hashOf(
    { name }: Hashed,
    scoresMin: number,
  ): Promise<{ readonly count: number; readonly hash: string }> {
    const topic = `${name}.predictions`;
    const rows: Array<readonly [id: string, score: number]> = [];
    for (const [partition, { low, high }] of (await this.#log.offsets(topic)).entries()) {
      for await (const { values } of this.#log.read(topic, partition, low, high)) {
        for (const value of values) {
          const { key, score } = JSON.parse(String(value)) as {
            readonly key: string;
            readonly score: number;
          };
          rows.push([key, score]);
        }
      }
    }
    const text = rows.toSorted(([a], [b]) => (a < b ? -1 : 1)).join('\n');
    const scores = new Set(rows.map(([, score]) => score)).size;
    if (scores < scoresMin) throw new Error(`${scores} scores differ`);
    return { count: rows.length, hash: createHash('sha256').update(text).digest('hex') };
  }
}
