// `--seed-state` for the parts of a topology with views of other keys (control path): the front goes on where the topology
// does, and a hop with the state and the events that it has had.
import { MillraceError } from '../../../core/errors.ts';
import { partitionName } from '../../../core/topic-partition.ts';
import { ONCE } from '../../../operators/once.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import { dropSeededRows, endOf, seedRows } from '../../../runtime/backfill/seed-rows.ts';
import {
  type BuiltState,
  checkUnseeded,
  seedPartition,
  type SeedParts,
} from '../../../runtime/backfill/seed-state.ts';
import { rangesOf } from '../../../resilience/topic-ranges.ts';
import type { Topology } from '../../../topology/define.ts';
import { dataKeysTopic } from '../../../topology/topics.ts';

/** What an earlier run of the same backfill has handed over, or begun to: names of partitions, of the topology or of a part. */
export interface SeedProgress {
  isHanding(partition: string): boolean;
  handing(partition: string): void;
}

export class SeedOthers {
  readonly #others: readonly Topology[];
  readonly #live: Omit<SeedParts, 'topology'>;
  readonly #progress: SeedProgress;

  constructor(others: readonly Topology[], live: Omit<SeedParts, 'topology'>, progress: SeedProgress) {
    this.#others = others;
    this.#live = live;
    this.#progress = progress;
  }

  /** @throws CONFIG_INVALID if a part has run, or runs */
  async check(): Promise<void> {
    for (const part of this.#others) {
      await this.#unseeded(part);
      if (part.part?.role === 'entity') await this.#checkHop(part);
    }
  }

  async #checkHop({ name }: Topology): Promise<void> {
    for (const [partition, { high }] of (await rangesOf(this.#live.log, name)).entries()) {
      const place = partitionName({ topic: name, partition });
      if (high === 0 || this.#progress.isHanding(place)) continue;
      throw new MillraceError('CONFIG_INVALID', 'the topic of the hop has events', {
        where: place,
        remedy:
          'Leave out --seed-state, or delete the topics of the hops: a seed is for a topology that has not run yet.',
      });
    }
  }

  #unseeded(part: Topology): Promise<ReadonlySet<number>> {
    const partitions = Array.from({ length: part.source.partitions }, (_, partition) => partition);
    return checkUnseeded({ ...this.#live, topology: part }, partitions, (partition) =>
      this.#progress.isHanding(partitionName({ topic: part.name, partition })),
    );
  }

  /**
   * @param own what the parts have exchanged
   * @param offsets at which the topology starts, by partition
   * @param isOfTopic whether the events were those of the topic. The windows of hops then have what the front sends again if an
   *   engine starts after half of this; events of files do not come again, so the front must not start over
   */
  async hand(
    built: BuiltState,
    own: EventLog,
    offsets: ReadonlyMap<number, number>,
    isOfTopic: boolean,
  ): Promise<void> {
    const parts = isOfTopic ? this.#others : this.#others.toReversed();
    for (const part of parts) {
      if (part.part?.role === 'entity') await this.#handHop(part, built, own, isOfTopic);
      else await this.#handFront(part, built, own, offsets);
    }
  }

  async #handHop(part: Topology, built: BuiltState, own: EventLog, isOfTopic: boolean): Promise<void> {
    const { log } = this.#live;
    const topic = part.name;
    const handed = await this.#unseeded(part);
    for (const [partition, { high }] of (await own.offsets(topic)).entries()) {
      if (handed.has(partition) || high === 0) continue;
      const place = { topic, partition };
      this.#progress.handing(partitionName(place));
      await dropSeededRows(log, place);
      // Rows of files have places that are above those of the topic: an event of the topic would count as one that was there.
      const offset = isOfTopic ? await seedRows(own, log, place) : await endOf(log, topic, partition);
      const without = isOfTopic ? [] : [ONCE];
      const at = { partition, model: null, offset, without };
      await seedPartition({ ...this.#live, topology: part }, built, at);
    }
  }

  async #handFront(
    part: Topology,
    built: BuiltState,
    own: EventLog,
    offsets: ReadonlyMap<number, number>,
  ): Promise<void> {
    const handed = await this.#unseeded(part);
    const keys = dataKeysTopic(part.name);
    const keyed = await rangesOf(own, keys);
    for (const [partition, offset] of offsets) {
      if (handed.has(partition)) continue;
      this.#progress.handing(partitionName({ topic: part.name, partition }));
      // A key that is there twice is the same one.
      if (keyed.length > 0) await seedRows(own, this.#live.log, { topic: keys, partition });
      const at = { partition, model: null, offset };
      await seedPartition({ ...this.#live, topology: part }, built, at);
    }
  }
}
