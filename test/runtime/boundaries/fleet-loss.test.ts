// What a fleet does when its snapshots or observations are damaged, or the log refuses: it is reported, and boundaries are
// decided.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { ControlObservations } from '../../../src/operators/observations.ts';
import type { EventLog } from '../../../src/ports/event-log.ts';
import { FleetControl } from '../../../src/runtime/boundaries/fleet-control.ts';
import {
  observationRecords,
  type ObservationsRecord,
} from '../../../src/runtime/boundaries/observation-record.ts';
import { snapshotRecords } from '../../../src/runtime/boundaries/snapshot-records.ts';
import { jsonPart } from '../../../src/runtime/learning/state-parts.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';
import { topicSpecs, topicsOf } from '../../../src/topology/topics.ts';
import { forwardingLog } from '../../support/forwarding.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';

const topology = ordersTopology({ partitions: 1, control: { everyMs: 10, mode: 'aligned' } });
const topics = topicsOf(topology);
const codec = ordersCodec();
const encoder = await codec.encoder<ObservationsRecord>(`${topics.observations}-value`);
const decoder = await codec.decoder<ObservationsRecord>(`${topics.observations}-value`);
const origin = { topic: topology.source.topic, partition: 0 };

class World {
  readonly log = new EmbeddedLog({ path: null });
  readonly telemetry = new FakeTelemetry();
  readonly quarantine = new FakeQuarantine();
  readonly decided: number[] = [];
  readonly failures: Error[] = [];
  restored = 0;
  lost = 0;
  /** Throws in decisions. */
  decide: (atMs: number) => void = () => undefined;
  /** A decision takes until it resolves. */
  decision: Promise<void> = Promise.resolve();
  /** The boundary whose decision has begun last. */
  deciding = Number.NaN;
  #fleet: FleetControl | null = null;

  async open(log: EventLog = this.log): Promise<FleetControl> {
    const fleet = new FleetControl({
      source: topology.source,
      name: topology.name,
      others: [],
      mode: 'aligned',
      log,
      encoder,
      decoder,
      keeper: {
        decide: async ({ atMs }) => {
          this.deciding = atMs;
          this.decide(atMs);
          await this.decision;
          this.decided.push(atMs);
        },
        remaining: () => undefined,
      },
      loop: {
        restore: (parts) => void (this.restored = parts.size),
        lost: () => void (this.lost += 1),
        resumed: async () => undefined,
      },
      history: null,
      telemetry: this.telemetry,
      quarantine: this.quarantine,
      nowMs: () => 0,
      failed: (error) => this.failures.push(error),
    });
    this.#fleet = fleet;
    fleet.start();
    return fleet;
  }

  async prepare(): Promise<void> {
    await this.log.ensureTopics(topicSpecs(topology));
  }

  async boundary(atMs: number): Promise<void> {
    const [record] = observationRecords(atMs, new ControlObservations(origin).drain(true));
    await this.publish(encoder.encode(record as ObservationsRecord));
  }

  async publish(value: Buffer): Promise<void> {
    await this.log.publish(topics.observations, [{ key: null, value, timestampMs: 0 }]);
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async stop(): Promise<void> {
    this.#fleet?.close();
    await this.log.close();
  }

  get conditions(): string[] {
    return [...this.telemetry.conditions.keys()];
  }
}

t.test('records that are no observations are skipped and reported', async (t) => {
  const world = new World();
  await world.prepare();
  await world.open();
  await world.publish(Buffer.from('what is this'));
  await world.boundary(9e15);
  const [sound] = observationRecords(20, new ControlObservations(origin).drain(true)) as [ObservationsRecord];
  await world.publish(encoder.encode({ ...sound, labels: Buffer.alloc(7) }));
  await world.publish(encoder.encode({ ...sound, format: 9 }));
  await world.publish(encoder.encode({ ...sound, scores: Buffer.alloc(4) }));
  await world.boundary(30);
  await world.until(() => world.decided.length > 0);
  t.same(world.decided, [30]);
  t.same(world.quarantine.places, [
    [0, 'malformed'],
    [1, 'range'],
    [2, 'malformed'],
    [3, 'version'],
    [4, 'malformed'],
  ]);
  t.same(world.conditions, []);
  await world.stop();
});

t.test('a decision that fails releases the partitions that wait for it', async (t) => {
  const world = new World();
  await world.prepare();
  const fleet = await world.open();
  world.decide = (atMs) => {
    if (atMs === 10) throw new Error('a bug');
  };
  await world.boundary(10);
  await fleet.arrive(origin, 10);
  await world.until(() => world.conditions.length > 0);
  t.same(world.conditions, ['decision_failed orders']);
  await world.boundary(20);
  await fleet.arrive(origin, 20);
  t.same(world.decided, [20]);
  await world.stop();
});

t.test(
  'a task that starts at a boundary waits for its decision, also if the observations are lost',
  async (t) => {
    const world = new World();
    await world.prepare();
    const decision = Promise.withResolvers<void>();
    world.decision = decision.promise;
    const fleet = await world.open();
    let isReleased = false;
    const released = fleet.resume(origin, 10).then((isDecided) => (isReleased = isDecided));
    await world.until(() => world.deciding === 10);
    t.notOk(isReleased);
    decision.resolve();
    t.ok(await released);
    t.ok(await fleet.resume(origin, 10), 'it is decided');
    await world.boundary(20);
    await world.until(() => world.decided.includes(20));
    t.same(world.decided, [10, 20]);
    world.decision = new Promise(() => undefined);
    const stopped = fleet.resume(origin, 30);
    await world.until(() => world.deciding === 30);
    fleet.close();
    t.notOk(await stopped);
    await world.stop();
  },
);

t.test('a damaged snapshot is reported, and the loop starts from the observations', async (t) => {
  for (const deleted of [false, true]) {
    const world = new World();
    await world.prepare();
    const position = { atMs: 10, offset: 1, pending: [], members: [] };
    const snapshot = { position, parts: new Map([['loop', jsonPart({ a: 1 })]]) };
    const records = await snapshotRecords(snapshot, new Map(), 0);
    records[0]?.value?.writeUInt8(7, 1);
    await world.log.publish(topics.loopState, records);
    for (const atMs of [10, 20]) await world.boundary(atMs);
    if (deleted) await world.log.deleteRecords(topics.observations, 0, 1);
    await world.open();
    await world.until(() => world.decided.includes(20));
    t.same(world.decided, deleted ? [20] : [10, 20]);
    t.same(world.conditions, ['loop_rebuilt orders.loop-state']);
    t.equal(world.lost, deleted ? 1 : 0);
    await world.stop();
  }
});

t.test('a snapshot that is replaced while it is read is read again', async (t) => {
  const world = new World();
  await world.prepare();
  const position = { atMs: 10, offset: 1, pending: [], members: [] };
  const snapshot = { position, parts: new Map([['loop', jsonPart({ a: 1 })]]) };
  for (let i = 0; i < 2; i++)
    for (const one of await snapshotRecords(snapshot, new Map(), 0))
      await world.log.publish(topics.loopState, [one]);
  await world.boundary(10);
  let reads = 0;
  const log = forwardingLog(world.log, {
    async *read(topic, partition, from, to) {
      reads += 1;
      if (reads === 1) await world.log.deleteRecords(topic, partition, 2);
      yield* world.log.read(topic, partition, from, to);
    },
  });
  await world.open(log);
  await world.until(() => world.restored > 0);
  t.same([reads, world.conditions, world.failures], [2, [], []]);
  await world.stop();
});

t.test('a log that is away is waited for, and one that refuses ends the process', async (t) => {
  const world = new World();
  await world.prepare();
  let away = true;
  const log = forwardingLog(world.log, {
    offsets: async (topic) => {
      if (away) throw new MillraceError('LOG_UNAVAILABLE', 'the broker is away');
      return world.log.offsets(topic);
    },
  });
  await world.open(log);
  await world.until(() => world.conditions.includes('decision_failed orders.observations'));
  away = false;
  await world.boundary(10);
  await world.until(() => world.decided.includes(10));
  t.same([world.conditions, world.failures], [[], []]);
  await world.stop();

  const refused = new World();
  await refused.prepare();
  const refusing = forwardingLog(refused.log, {
    offsets: async () => {
      throw new MillraceError('LOG_FAILED', 'not authorized');
    },
  });
  await refused.open(refusing);
  await refused.until(() => refused.failures.length > 0);
  t.match(refused.failures, [{ code: 'LOG_FAILED' }]);
  await refused.stop();
});
