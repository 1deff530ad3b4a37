// Engines that start from a snapshot, at any time, decide every boundary as one that has read everything; what a snapshot
// makes dispensable is deleted, and nothing else.
import fc from 'fast-check';
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import type { PartitionObservations } from '../../../src/operators/observations.ts';
import { BoundaryRecords } from '../../../src/runtime/boundaries/boundary-output.ts';
import type { Boundary } from '../../../src/runtime/boundaries/boundary.ts';
import { ElectedPublisher } from '../../../src/runtime/boundaries/elected-publisher.ts';
import { FleetControl } from '../../../src/runtime/boundaries/fleet-control.ts';
import {
  idleRecord,
  observationRecords,
  type ObservationsRecord,
} from '../../../src/runtime/boundaries/observation-record.ts';
import { SnapshotWriter } from '../../../src/runtime/boundaries/snapshot-writer.ts';
import { jsonPart, partValue, type StateParts } from '../../../src/runtime/learning/state-parts.ts';
import { ControlObservations } from '../../../src/operators/observations.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { topicSpecs, topicsOf } from '../../../src/topology/topics.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';

const PARTITIONS = 3;
const topology = ordersTopology({ partitions: PARTITIONS, control: { everyMs: 10, mode: 'live' } });
const topics = topicsOf(topology);
const codec = ordersCodec();
const encoder = await codec.encoder<ObservationsRecord>(`${topics.observations}-value`);
const decoder = await codec.decoder<ObservationsRecord>(`${topics.observations}-value`);
const asJson = { encode: (value: object) => Buffer.from(JSON.stringify(value)) };

/** `10: 1 2`: a boundary, and what each of its observations counts. */
type Decision = string;

/** An engine whose decisions are its state. */
class Member {
  decisions: Decision[] = [];
  /** How many decisions it had from its snapshot. */
  restored = -1;
  readonly telemetry = new FakeTelemetry();
  readonly quarantine = new FakeQuarantine();
  readonly #fleet: FleetControl;
  readonly #publisher: ElectedPublisher;

  constructor(log: EmbeddedLog) {
    const { telemetry } = this;
    const nowMs = (): number => 0;
    const take = (): { position: ReturnType<FleetControl['position']>; parts: StateParts } => ({
      position: this.#fleet.position(),
      parts: new Map([['decisions', jsonPart(this.decisions)]]),
    });
    const { observations, loopState } = topics;
    const writing = { log, observations, loopState, take, telemetry, nowMs, intervalMs: 0, keptMs: 0 };
    this.#publisher = new ElectedPublisher({
      groupId: 'millrace.orders.control',
      topic: topics.observations,
      log,
      history: null,
      records: new BoundaryRecords({
        topology: 'orders',
        topics,
        jobs: asJson,
        driftReports: asJson,
        history: null,
        telemetry,
        nowMs,
      }),
      lastReported: async () => Number.NEGATIVE_INFINITY,
      isDecided: () => false,
      readTo: () => this.#fleet.offsetNext,
      snapshots: new SnapshotWriter(writing),
      telemetry,
      failed: unexpected,
    });
    this.#fleet = new FleetControl({
      source: topology.source,
      name: topology.name,
      others: [],
      mode: 'live',
      log,
      encoder,
      decoder,
      keeper: { decide: (boundary) => this.#decide(boundary), remaining: () => undefined },
      loop: {
        restore: (parts) => {
          this.decisions = (partValue(parts, 'decisions') ?? []) as Decision[];
          this.restored = this.decisions.length;
        },
        lost: () => unexpected(new Error('nothing is lost')),
        resumed: async () => undefined,
      },
      telemetry,
      quarantine: this.quarantine,
      nowMs,
      failed: unexpected,
    });
  }

  start(): void {
    this.#fleet.start();
    this.#publisher.start();
  }

  async #decide({ atMs, observations }: Boundary): Promise<void> {
    this.decisions.push(`${atMs}: ${observations.map(({ predictions }) => predictions).join(' ')}`);
    await this.#publisher.publish({ atMs, reports: [], metrics: [], job: null });
  }

  get offsetNext(): number {
    return this.#fleet.offsetNext;
  }

  async stop(): Promise<void> {
    this.#fleet.close();
    await this.#publisher.close();
  }
}

function unexpected(error: Error): never {
  throw error;
}

type Step =
  | { readonly kind: 'seen'; readonly partition: number }
  | { readonly kind: 'boundary'; readonly partition: number; readonly ahead: number }
  | { readonly kind: 'idle'; readonly partition: number; readonly idle: boolean }
  | { readonly kind: 'late'; readonly partition: number; readonly behind: number }
  | { readonly kind: 'engine'; readonly replaces: boolean };

const partition = fc.nat(PARTITIONS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('seen' as const), partition }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('boundary' as const),
      partition,
      ahead: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('idle' as const), partition, idle: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('late' as const),
      partition,
      behind: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('engine' as const), replaces: fc.boolean() }) },
);

class World {
  readonly log = new EmbeddedLog({ path: null });
  /** It reads everything from the start. */
  readonly members: Member[] = [];
  readonly #reached = Array.from({ length: PARTITIONS }, () => 0);
  #count = 0;

  async start(): Promise<void> {
    await this.log.ensureTopics(topicSpecs(topology));
    await this.engine(false);
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      if (one.kind === 'engine') await this.engine(one.replaces);
      else if (one.kind === 'late') await this.#late(one.partition, one.behind);
      else if (one.kind === 'idle') await this.#publish([idleRecord(one.partition, one.idle)]);
      else await this.#observe(one.partition, one.kind === 'boundary' ? one.ahead : null);
    }
    // Every partition reaches one last boundary.
    const last = Math.max(...this.#reached) + 1;
    for (const [at, reached] of this.#reached.entries()) await this.#observe(at, last - reached);
    await this.settle();
  }

  /** An engine that was frozen writes an arrival that another one has written, and gone on from. */
  async #late(at: number, behind: number): Promise<void> {
    const reached = (this.#reached[at] as number) - behind;
    const nothing = new ControlObservations({ topic: 'orders', partition: at }).drain(true);
    if (reached > 0) await this.#publish(observationRecords(reached * 10, nothing));
  }

  async #observe(at: number, ahead: number | null): Promise<void> {
    this.#count += 1;
    const reached = (this.#reached[at] as number) + (ahead ?? 0);
    this.#reached[at] = reached;
    const empty = new ControlObservations({ topic: 'orders', partition: at }).drain(true);
    const seen: PartitionObservations = { ...empty, predictions: this.#count };
    await this.#publish(observationRecords(ahead === null ? null : reached * 10, seen));
  }

  async #publish(records: readonly ObservationsRecord[]): Promise<void> {
    const encoded = records.map((record) => ({ key: null, value: encoder.encode(record), timestampMs: 0 }));
    await this.log.publish(topics.observations, encoded);
  }

  /** One more engine, or one in place of the newest. */
  async engine(replaces: boolean): Promise<void> {
    await this.settle();
    if (replaces && this.members.length > 1) await this.members.pop()?.stop();
    const member = new Member(this.log);
    this.members.push(member);
    member.start();
    await this.settle();
  }

  /** Every engine has read everything. */
  async settle(): Promise<void> {
    const [range] = await this.log.offsets(topics.observations);
    for (
      let turns = 0;
      turns < 20;
      turns += this.members.every(({ offsetNext }) => offsetNext === range?.high) ? 1 : 0
    )
      await new Promise((resolve) => setImmediate(resolve));
  }

  async stop(): Promise<void> {
    for (const member of this.members) await member.stop();
    await this.log.close();
  }
}

t.test('property: engines that start at any time come to the same decisions', async (t) => {
  let truncated = 0;
  let fromSnapshots = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      const world = new World();
      await world.start();
      await world.play(steps);
      const [first, ...others] = world.members as [Member, ...Member[]];
      for (const member of others) {
        t.strictSame(member.decisions, first.decisions);
        if (member.restored > 0) fromSnapshots += 1;
      }
      const undisturbed = new World();
      await undisturbed.start();
      await undisturbed.play(steps.filter(({ kind }) => kind !== 'late' && kind !== 'engine'));
      t.strictSame(first.decisions, undisturbed.members[0]?.decisions, 'late arrivals change nothing');
      await undisturbed.stop();
      t.same(
        [...first.telemetry.conditions, ...others.flatMap(({ telemetry }) => [...telemetry.conditions])],
        [],
      );
      if (((await world.log.offsets(topics.observations))[0]?.low ?? 0) > 0) truncated += 1;
      // The whole fleet is replaced.
      for (const member of world.members.splice(0)) await member.stop();
      await world.engine(false);
      t.strictSame(world.members[0]?.decisions, first.decisions);
      await world.stop();
      return t.passing();
    }),
    { numRuns: 150, seed: 11, endOnFailure: true },
  );
  t.ok(
    truncated > 25 && fromSnapshots > 10,
    `${truncated} logs truncated, ${fromSnapshots} starts from snapshots`,
  );
});
