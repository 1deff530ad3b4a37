// `--seed-state` of `millrace backfill`: where the live engine goes on, and whether it may (control path).
import { MillraceError } from '../../../core/errors.ts';
import { partitionName } from '../../../core/topic-partition.ts';
import type { EventLog } from '../../../ports/event-log.ts';
import type { BackfillInput } from '../../../runtime/backfill/backfill-input.ts';
import type { Backfilled } from '../../../runtime/backfill/run-backfill.ts';
import {
  type BuiltState,
  checkUnseeded,
  seedPartition,
  type SeedParts,
} from '../../../runtime/backfill/seed-state.ts';
import { AuditLog } from '../../../runtime/audit/audit-log.ts';
import { ANSWERS } from '../../../operators/answers.ts';
import type { Parts } from '../../../topology/parts.ts';
import { declaredName } from '../../../topology/targets.ts';
import { topicSpecs } from '../../../topology/topics.ts';
import type { Adapters } from '../../compose/adapters.ts';
import { operator } from '../../compose/operator.ts';
import { SeedOthers, type SeedProgress } from './seed-others.ts';

export class Seed {
  readonly #parts: SeedParts;
  readonly #adapters: Adapters;
  readonly #partitions: readonly number[];
  readonly #progress: SeedProgress;
  readonly #others: SeedOthers;
  /** Offset at which the live engine starts, by partition. */
  readonly #offsets = new Map<number, number>();
  #isOfTopic = true;

  /** Creates the topics that are missing, as a start does. @throws CONFIG_INVALID if the topology has run, or runs */
  static async open(
    parts: Parts,
    adapters: Adapters,
    partitions: readonly number[],
    progress: SeedProgress,
  ): Promise<Seed> {
    await adapters.log.ensureTopics(topicSpecs(parts.main));
    const seed = new Seed(parts, adapters, partitions, progress);
    await seed.#checkUnseeded();
    await seed.#others.check();
    return seed;
  }

  private constructor(
    { main: topology, others }: Parts,
    adapters: Adapters,
    partitions: readonly number[],
    progress: SeedProgress,
  ) {
    const { log, stores } = adapters;
    this.#progress = progress;
    this.#partitions = partitions;
    this.#parts = { topology, log, stores };
    this.#adapters = adapters;
    this.#others = new SeedOthers(others, { log, stores }, progress);
  }

  #checkUnseeded(): Promise<ReadonlySet<number>> {
    return checkUnseeded(this.#parts, this.#partitions, (partition) =>
      this.#progress.isHanding(this.#nameOf(partition)),
    );
  }

  #nameOf(partition: number): string {
    return partitionName({ topic: this.#parts.topology.name, partition });
  }

  /**
   * Before hours of work: that the topic has what comes after the range.
   * @param isOfTopic whether offsets of the inputs are those of the topic
   * @param untilMs end of the range; null for none
   */
  async check(inputs: readonly BackfillInput[], isOfTopic: boolean, untilMs: number | null): Promise<void> {
    const { log, topology } = this.#parts;
    const { topic } = topology.source;
    this.#isOfTopic = isOfTopic;
    const ranges = await log.offsets(topic);
    for (const { partition, to } of inputs) {
      const place = { topic, partition };
      const { low = 0, high = 0 } = ranges[partition] ?? {};
      const since = untilMs === null ? low : await log.offsetForTime(place, untilMs);
      const offset = isOfTopic ? to : since;
      if (offset < low)
        throw new MillraceError(
          'OFFSET_LOST',
          `the topic begins at offset ${low}, and the range ends at ${offset}`,
          {
            where: partitionName(place),
            remedy: 'Give a range that ends where the topic begins, or later.',
          },
        );
      this.#offsets.set(partition, Math.min(offset, high));
    }
    if (isOfTopic && inputs.every(({ from, to }) => from >= to))
      throw new MillraceError('CONFIG_INVALID', 'there are no records in the range', {
        where: topic,
        remedy: 'Give another range of time, or another --from.',
      });
  }

  /**
   * Writes the state: first that of the topology, so that an engine which starts after half of it finds the answers it waits for.
   * @param positions at which tasks have ended, by partition
   * @param own what the parts of the topology have exchanged; null for one without
   * @returns a line for each partition
   */
  async hand(built: BuiltState, positions: Backfilled['positions'], own: EventLog | null): Promise<string[]> {
    const { topology } = this.#parts;
    const { log, codec } = this.#adapters;
    const handed = await this.#checkUnseeded();
    const audit = await AuditLog.open(declaredName(topology), { log, codec, nowMs: Date.now });
    const subject = `topology ${topology.name}`;
    const after = { offsets: Object.fromEntries(this.#offsets) };
    await audit.record({ ...operator(), action: 'seed', subject, before: null, after });
    const lines: string[] = [];
    for (const [partition, offset] of this.#offsets) {
      const position = positions.get(partition) ?? null;
      if (handed.has(partition) || (position === null && offset === 0)) continue;
      this.#progress.handing(this.#nameOf(partition));
      // The position in the answers is one in the log of the backfill.
      const at = { partition, model: position?.model ?? null, offset, without: [ANSWERS] };
      await seedPartition(this.#parts, built, at);
      lines.push(`partition ${partition}   the live engine starts at offset ${offset}`);
    }
    if (own !== null) await this.#others.hand(built, own, this.#offsets, this.#isOfTopic);
    return lines;
  }
}
