// Boundaries across partitions: decided once, in order, with everything that was seen, and nobody waits for ever.
import fc from 'fast-check';
import t from 'tap';
import { ControlObservations, type PartitionObservations } from '../../../src/operators/observations.ts';
import { ControlPlane, type Boundary } from '../../../src/runtime/boundaries/control-plane.ts';
import type { TopicPartition } from '../../../src/core/topic-partition.ts';

const of = (partition: number): TopicPartition => ({ topic: 'orders', partition });

/** What a partition saw, told apart by its number of predictions. */
function seen(predictions: number): PartitionObservations {
  return { ...new ControlObservations(0).drain(), predictions };
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

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('aligned: partitions wait for each other and for the decision', async (t) => {
  const keeper = new Keeper();
  let finish: () => void = () => undefined;
  keeper.during = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  const plane = new ControlPlane('aligned', keeper, async () => true);
  const order: string[] = [];
  plane.join(of(0));
  plane.join(of(1));
  const first = plane.take(of(0), 10, seen(1)).then(() => order.push('0'));
  await settle();
  t.same(keeper.decided, [], 'partition 1 has not come yet');
  const second = plane.take(of(1), 10, seen(2)).then(() => order.push('1'));
  await settle();
  t.same(keeper.decided, [{ atMs: 10, seen: [1, 2] }]);
  t.same(order, [], 'the decision is not over');
  finish();
  await Promise.all([first, second]);
  t.same(order, ['0', '1']);
});

t.test('live: nobody waits, and boundaries are decided all the same', async (t) => {
  const keeper = new Keeper();
  const plane = new ControlPlane('live', keeper, async () => true);
  plane.join(of(0));
  plane.join(of(1));
  await plane.take(of(0), 10, seen(1));
  await plane.take(of(0), 20, seen(2));
  await settle();
  t.same(keeper.decided, []);
  await plane.take(of(1), 20, seen(3));
  await settle();
  t.same(keeper.decided, [
    { atMs: 10, seen: [1] },
    { atMs: 20, seen: [2, 3] },
  ]);
});

t.test('empty and idle partitions hold nobody up, and count again once they have events', async (t) => {
  const keeper = new Keeper();
  const plane = new ControlPlane('aligned', keeper, async ({ partition }) => partition !== 2);
  for (const partition of [0, 1, 2]) plane.join(of(partition));
  plane.active(of(0));
  const waiting = plane.take(of(0), 10, seen(1));
  await settle();
  t.same(keeper.decided, [], 'partition 1 has events');
  plane.idle(of(1));
  await waiting;
  t.same(keeper.decided, [{ atMs: 10, seen: [1] }]);
  plane.active(of(1));
  const again = plane.take(of(0), 20, seen(2));
  await settle();
  t.equal(keeper.decided.length, 1, 'partition 1 is awaited again');
  await Promise.all([again, plane.take(of(1), 20, seen(3))]);
  t.same(keeper.decided.at(-1), { atMs: 20, seen: [2, 3] });
});

t.test(
  'a partition that comes back behind the others is counted at the next boundary, never by going back',
  async (t) => {
    const keeper = new Keeper();
    const plane = new ControlPlane('aligned', keeper, async () => true);
    plane.join(of(0));
    plane.join(of(1));
    plane.idle(of(1));
    await plane.take(of(0), 30, seen(1));
    plane.active(of(1));
    await plane.take(of(1), 10, seen(2));
    await plane.take(of(1), 30, seen(3));
    await Promise.all([plane.take(of(0), 40, seen(4)), plane.take(of(1), 40, seen(5))]);
    t.same(keeper.decided, [
      { atMs: 30, seen: [1] },
      { atMs: 40, seen: [4, 2, 3, 5] },
    ]);
  },
);

t.test('a partition that leaves is waited for no more, and what it saw counts', async (t) => {
  const keeper = new Keeper();
  const plane = new ControlPlane('live', keeper, async () => true);
  plane.join(of(0));
  plane.join(of(1));
  await plane.take(of(1), 10, seen(1));
  await plane.take(of(1), 20, seen(2));
  plane.leave(of(1), new ControlObservations(1));
  // It begins anew before the others have come: what it brought must not be lost.
  plane.join(of(1));
  await plane.take(of(0), 20, seen(3));
  await plane.take(of(1), 30, seen(4));
  await settle();
  t.same(keeper.decided, [
    { atMs: 10, seen: [1] },
    { atMs: 20, seen: [3, 2] },
  ]);
  plane.leave(of(0), new ControlObservations(0));
  await settle();
  t.same(keeper.decided.at(-1), { atMs: 30, seen: [4] });
});

t.test('a decision that fails is heard by those who wait, and the next one is taken', async (t) => {
  const keeper = new Keeper();
  keeper.during = async ({ atMs }) => {
    if (atMs === 10) throw new Error('no log');
  };
  const plane = new ControlPlane('aligned', keeper, async () => true);
  plane.join(of(0));
  await t.rejects(plane.take(of(0), 10, seen(1)), { message: 'no log' });
  await plane.take(of(0), 20, seen(2));
  t.same(keeper.decided.length, 2);
});

interface Script {
  /** Boundaries, ascending; none for an empty partition. */
  readonly boundaries: readonly number[];
  /** Whether it stays when it has no more events, or ends. */
  readonly stays: boolean;
}

const scriptArbitrary: fc.Arbitrary<Script> = fc.record({
  boundaries: fc
    .uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 8 })
    .map((of) => of.sort((a, b) => a - b)),
  stays: fc.boolean(),
});

for (const mode of ['aligned', 'live'] as const) {
  t.test(`${mode}: in any order of arrival, all is decided in order and nobody is stuck`, async (t) => {
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
          );
          let ended = 0;
          const play = async ({ boundaries, stays }: Script, partition: number): Promise<void> => {
            for (const atMs of boundaries) {
              await scheduler.schedule(Promise.resolve());
              plane.active(of(partition));
              await plane.take(of(partition), atMs, seen(partition * 100 + atMs));
            }
            await scheduler.schedule(Promise.resolve());
            if (stays) plane.idle(of(partition));
            else plane.leave(of(partition), new ControlObservations(partition));
            ended += 1;
          };
          for (const partition of scripts.keys()) plane.join(of(partition));
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
          t.equal(ended, scripts.length, 'every partition has come to its end');
          t.same(times, expected, 'each boundary once, in order');
          t.same(
            all,
            brought.sort((a, b) => a - b),
            'with all that was seen',
          );
          if (!t.passing()) throw new Error('see above');
        },
      ),
      { numRuns: 150, seed: 2, endOnFailure: true },
    );
  });
}

t.test('whom a boundary waits for is known', async (t) => {
  const plane = new ControlPlane('aligned', new Keeper(), async () => true);
  for (const partition of [0, 1, 2]) plane.join(of(partition));
  plane.idle(of(1));
  void plane.take(of(0), 10, seen(1));
  t.strictSame(plane.behind(10), [of(2)]);
  t.strictSame(plane.behind(20), [of(0), of(2)]);
  plane.reached(of(2), 10);
  t.strictSame(plane.behind(10), []);
});
