// Boundaries across partitions: each is decided once, in order, with all observations, and no partition waits forever.
import fc from 'fast-check';
import t from 'tap';
import { ControlObservations, type PartitionObservations } from '../../../src/operators/observations.ts';
import type { Boundary } from '../../../src/runtime/boundaries/boundary.ts';
import { ControlPlane } from '../../../src/runtime/boundaries/control-plane.ts';
import type { TopicPartition } from '../../../src/core/topic-partition.ts';

const at = (partition: number): TopicPartition => ({ topic: 'orders', partition });

/** Observations of a partition, identified by their number of predictions. */
function seen(predictions: number): PartitionObservations {
  return { ...new ControlObservations(at(0)).drain(true), predictions };
}

class Keeper {
  readonly decided: Array<{ readonly atMs: number; readonly seen: number[] }> = [];
  readonly left: number[] = [];
  during: (boundary: Boundary) => Promise<void> = async () => undefined;

  async decide(boundary: Boundary): Promise<void> {
    const seen = boundary.observations.map(({ predictions }) => predictions);
    this.decided.push({ atMs: boundary.atMs, seen });
    await this.during(boundary);
  }

  remaining({ predictions }: PartitionObservations): void {
    if (predictions > 0) this.left.push(predictions);
  }
}

const unexpected = (error: unknown): never => {
  throw error;
};
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('aligned: partitions wait for each other and for the decision', async (t) => {
  const keeper = new Keeper();
  let finish: () => void = () => undefined;
  keeper.during = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  const plane = new ControlPlane('aligned', keeper, async () => true, unexpected);
  const order: string[] = [];
  plane.join(at(0));
  plane.join(at(1));
  const first = plane.take(at(0), 10, seen(1)).then(() => order.push('0'));
  await settle();
  t.same(keeper.decided, [], 'partition 1 has not arrived yet');
  const second = plane.take(at(1), 10, seen(2)).then(() => order.push('1'));
  await settle();
  t.same(keeper.decided, [{ atMs: 10, seen: [1, 2] }]);
  t.same(order, [], 'the decision is not over');
  finish();
  await Promise.all([first, second]);
  t.same(order, ['0', '1']);
});

t.test('live: no partition waits, and boundaries are still decided', async (t) => {
  const keeper = new Keeper();
  const plane = new ControlPlane('live', keeper, async () => true, unexpected);
  plane.join(at(0));
  plane.join(at(1));
  await plane.take(at(0), 10, seen(1));
  await plane.take(at(0), 20, seen(2));
  await settle();
  t.same(keeper.decided, []);
  await plane.take(at(1), 20, seen(3));
  await settle();
  t.same(keeper.decided, [
    { atMs: 10, seen: [1] },
    { atMs: 20, seen: [2, 3] },
  ]);
});

t.test('empty and idle partitions delay no boundary, and count again once they have events', async (t) => {
  const keeper = new Keeper();
  const plane = new ControlPlane('aligned', keeper, async ({ partition }) => partition !== 2, unexpected);
  for (const partition of [0, 1, 2]) plane.join(at(partition));
  plane.active(at(0));
  const waiting = plane.take(at(0), 10, seen(1));
  await settle();
  t.same(keeper.decided, [], 'partition 1 has events');
  plane.idle(at(1));
  await waiting;
  t.same(keeper.decided, [{ atMs: 10, seen: [1] }]);
  plane.active(at(1));
  const again = plane.take(at(0), 20, seen(2));
  await settle();
  t.equal(keeper.decided.length, 1, 'partition 1 is awaited again');
  await Promise.all([again, plane.take(at(1), 20, seen(3))]);
  t.same(keeper.decided.at(-1), { atMs: 20, seen: [2, 3] });
});

t.test('a partition that comes back late counts at the next boundary, never at one before', async (t) => {
  const keeper = new Keeper();
  const plane = new ControlPlane('aligned', keeper, async () => true, unexpected);
  plane.join(at(0));
  plane.join(at(1));
  plane.idle(at(1));
  await plane.take(at(0), 30, seen(1));
  plane.active(at(1));
  await plane.take(at(1), 10, seen(2));
  await plane.take(at(1), 30, seen(3));
  await Promise.all([plane.take(at(0), 40, seen(4)), plane.take(at(1), 40, seen(5))]);
  t.same(keeper.decided, [
    { atMs: 30, seen: [1] },
    { atMs: 40, seen: [4, 2, 3, 5] },
  ]);
});

t.test('no boundary waits for a partition that has left, and its observations count', async (t) => {
  const keeper = new Keeper();
  const plane = new ControlPlane('live', keeper, async () => true, unexpected);
  plane.join(at(0));
  plane.join(at(1));
  await plane.take(at(1), 10, seen(1));
  await plane.take(at(1), 20, seen(2));
  plane.leave(at(1), new ControlObservations(at(1)));
  // It restarts before the others have arrived: its earlier arrivals must not be lost.
  plane.join(at(1));
  await plane.take(at(0), 20, seen(3));
  await plane.take(at(1), 30, seen(4));
  await settle();
  t.same(keeper.decided, [
    { atMs: 10, seen: [1] },
    { atMs: 20, seen: [3, 2] },
  ]);
  plane.leave(at(0), new ControlObservations(at(0)));
  await settle();
  t.same(keeper.decided.at(-1), { atMs: 30, seen: [4] });
});

t.test('a decision that fails rejects the waits, and the next boundary is decided', async (t) => {
  const keeper = new Keeper();
  keeper.during = async ({ atMs }) => {
    if (atMs === 10) throw new Error('no log');
  };
  const plane = new ControlPlane('aligned', keeper, async () => true, unexpected);
  plane.join(at(0));
  await t.rejects(plane.take(at(0), 10, seen(1)), { message: 'no log' });
  await plane.take(at(0), 20, seen(2));
  t.same(keeper.decided.length, 2);
});

t.test('live: a decision that fails is reported, and the next boundary is decided', async (t) => {
  const keeper = new Keeper();
  keeper.during = async ({ atMs }) => {
    if (atMs === 10) throw new Error('no log');
  };
  const failures: unknown[] = [];
  const plane = new ControlPlane(
    'live',
    keeper,
    async () => true,
    (error) => void failures.push(error),
  );
  plane.join(at(0));
  await plane.take(at(0), 10, seen(1));
  await plane.take(at(0), 20, seen(2));
  await plane.settled();
  t.match(failures, [{ message: 'no log' }]);
  t.equal(keeper.decided.length, 2);
});

interface Script {
  /** Boundaries, ascending; none for an empty partition. */
  readonly boundaries: readonly number[];
  /** Whether it becomes idle after its events, or ends. */
  readonly stays: boolean;
}

const scriptArbitrary: fc.Arbitrary<Script> = fc.record({
  boundaries: fc
    .uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 8 })
    .map((times) => times.sort((a, b) => a - b)),
  stays: fc.boolean(),
});

for (const mode of ['aligned', 'live'] as const) {
  t.test(
    `${mode}: in any order of arrival, all boundaries are decided in order and no partition is stuck`,
    async (t) => {
      await fc.assert(
        fc.asyncProperty(
          fc.scheduler(),
          fc.array(scriptArbitrary, { minLength: 1, maxLength: 4 }),
          async (scheduler, scripts) => {
            const keeper = new Keeper();
            keeper.during = () => scheduler.schedule(Promise.resolve());
            const plane = new ControlPlane(
              mode,
              keeper,
              async ({ partition }) => (scripts[partition]?.boundaries.length ?? 0) > 0,
              unexpected,
            );
            let ended = 0;
            const play = async ({ boundaries, stays }: Script, partition: number): Promise<void> => {
              for (const atMs of boundaries) {
                await scheduler.schedule(Promise.resolve());
                plane.active(at(partition));
                await plane.take(at(partition), atMs, seen(partition * 100 + atMs));
              }
              await scheduler.schedule(Promise.resolve());
              if (stays) plane.idle(at(partition));
              else plane.leave(at(partition), new ControlObservations(at(partition)));
              ended += 1;
            };
            for (const partition of scripts.keys()) plane.join(at(partition));
            scripts.forEach((script, partition) => void play(script, partition));
            await scheduler.waitIdle();
            await settle();
            await scheduler.waitIdle();
            const times = keeper.decided.map(({ atMs }) => atMs);
            const expected = [...new Set(scripts.flatMap(({ boundaries }) => boundaries))].sort(
              (a, b) => a - b,
            );
            const all = keeper.decided.flatMap((decided) => decided.seen).sort((a, b) => a - b);
            const brought = scripts.flatMap(({ boundaries }, partition) =>
              boundaries.map((atMs) => partition * 100 + atMs),
            );
            t.equal(ended, scripts.length, 'every partition has ended');
            t.same(times, expected, 'each boundary once, in order');
            t.same(
              all,
              brought.sort((a, b) => a - b),
              'with all observations',
            );
            if (!t.passing()) throw new Error('see above');
          },
        ),
        { numRuns: 150, seed: 2, endOnFailure: true },
      );
    },
  );
}

t.test('the partitions that a boundary waits for', async (t) => {
  const plane = new ControlPlane('aligned', new Keeper(), async () => true, unexpected);
  for (const partition of [0, 1, 2]) plane.join(at(partition));
  plane.idle(at(1));
  void plane.take(at(0), 10, seen(1));
  t.strictSame(plane.behind(10), [at(2)]);
  t.strictSame(plane.behind(20), [at(0), at(2)]);
  plane.reached(at(2), 10);
  t.strictSame(plane.behind(10), []);
});
