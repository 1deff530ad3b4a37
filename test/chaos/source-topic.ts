// The run's source topic as its retention may have it: it can lose its beginning, of which a copy stays here, as the
// undisturbed run needs all of it.
import type { Kafka } from 'kafkajs';
import { ask } from '../../bench/fleet/clickhouse.ts';
import type { Setting } from '../../bench/fleet/setting.ts';
import { retriesWithin } from '../../src/resilience/retries.ts';
import { readTopic, type TopicRecord } from './read-topic.ts';
import topology from './topology.ts';

/** Another fault may have a server away, and none lasts as long. */
const patiently = retriesWithin(60_000, () => true, { startMs: 500, maxMs: 500 });

export class SourceTopic {
  readonly #setting: Setting;
  readonly #kafka: Kafka;
  /** Before the first record that is still there, by partition. */
  #dropped: readonly TopicRecord[] = [];
  #begins: readonly number[];

  constructor(setting: Setting) {
    this.#setting = setting;
    this.#kafka = setting.client();
    this.#begins = Array.from({ length: topology.source.partitions }, () => 0);
  }

  /**
   * Drops committed records that the archive holds: a record in neither is lost by a retention setting, not by the engine.
   * @param committed the group offset by partition
   */
  async truncate(committed: readonly number[]): Promise<void> {
    const archived = await patiently.execute(() => this.#archivedEnds());
    const ends = committed.map((end, p) => Math.max(this.#begins[p] ?? 0, Math.min(end, archived[p] ?? 0)));
    const records = await patiently.execute(() => this.#read(ends));
    const partitions = ends.map((offset, partition) => ({ partition, offset: String(offset) }));
    await patiently.execute(() => this.#delete(partitions));
    this.#dropped = [...this.#dropped, ...records];
    this.#begins = ends;
  }

  /** What the topic will have lost. */
  async #read(ends: readonly number[]): Promise<TopicRecord[]> {
    const records = await this.#left(ends);
    const count = ends.reduce((sum, end, partition) => sum + end - (this.#begins[partition] as number), 0);
    if (records.length !== count) throw new Error(`${records.length} records read of ${count}`);
    return records;
  }

  #left(ends: readonly number[]): Promise<TopicRecord[]> {
    return readTopic(this.#kafka, topology.source.topic, this.#begins, ends);
  }

  /**
   * All that it has ever committed, each partition's in the order of its offsets.
   * @param ends after the last record, by partition
   */
  async records(ends: readonly number[]): Promise<TopicRecord[]> {
    return [...this.#dropped, ...(await this.#left(ends))];
  }

  /** By partition: up to where the archive has every event. The topic's offsets have no gaps, as nothing is written to it in transactions. */
  async #archivedEnds(): Promise<number[]> {
    const query = `SELECT partition, uniqExact(offset), max(offset) + 1 FROM events
      WHERE topic = '${topology.source.topic}' GROUP BY partition FORMAT TSV`;
    const ends: number[] = [];
    for (const line of await ask(this.#setting.clickhouse.url, query)) {
      const [partition, count, end] = line.split('\t').map(Number) as [number, number, number];
      ends[partition] = count === end ? end : 0;
    }
    return ends;
  }

  async #delete(partitions: Array<{ partition: number; offset: string }>): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      // kafkajs deletes from topics alone whose metadata it happens to have: this loads it.
      await admin.fetchTopicOffsets(topology.source.topic);
      await admin.deleteTopicRecords({ topic: topology.source.topic, partitions });
    } finally {
      await admin.disconnect();
    }
  }
}
