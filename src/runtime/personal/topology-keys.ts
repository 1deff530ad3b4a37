// The data keys of all partitions of a topology (control path), for commands that read what was sealed.
import type { SchemaCodec } from '../../ports/codec.ts';
import type { KeyWrapper } from '../../ports/data-keys.ts';
import type { EventLog } from '../../ports/event-log.ts';
import type { Quarantine } from '../../ports/quarantine.ts';
import { dataKeysTopic } from '../../topology/topics.ts';
import { NO_QUARANTINE } from '../quarantine/record-quarantine.ts';
import type { DataKeyRecord } from '../records.ts';
import { rangesOf } from '../../resilience/topic-ranges.ts';
import type { DataKey } from './envelope.ts';
import { PartitionKeys } from './partition-keys.ts';
import type { KeyFinder } from './record-seal.ts';
import { readStoredKeys, refuseKeyIn } from './stored-keys.ts';

export class TopologyKeys implements KeyFinder {
  readonly #partitions: readonly PartitionKeys[];

  private constructor(partitions: readonly PartitionKeys[]) {
    this.#partitions = partitions;
  }

  /**
   * @param quarantine receives the records of the topic that no engine can have written
   * @throws KEYS_UNAVAILABLE, or CONFIG_INVALID if the master keys cannot be unwrapped
   */
  static async open(
    log: EventLog,
    codec: SchemaCodec,
    topology: string,
    wrapper: KeyWrapper,
    quarantine: Quarantine = NO_QUARANTINE,
  ): Promise<TopologyKeys> {
    const topic = dataKeysTopic(topology);
    const decoder = await codec.decoder<DataKeyRecord>(`${topic}-value`);
    const partitions: PartitionKeys[] = [];
    for (const [partition, range] of (await rangesOf(log, topic)).entries()) {
      const stored = await readStoredKeys(log, topic, partition, range, decoder, quarantine);
      const refuse = refuseKeyIn(topic, partition, quarantine);
      partitions.push(
        await PartitionKeys.open({ topology, partition }, stored, wrapper, null, Date.now, refuse),
      );
    }
    return new TopologyKeys(partitions);
  }

  find(id: string): DataKey | null {
    for (const keys of this.#partitions) {
      const key = keys.find(id);
      if (key !== null) return key;
    }
    return null;
  }
}
