// Partitions that wait at a boundary: released when it is decided, and logged while it is not.
import t from 'tap';
import { BoundaryWaits } from '../../../src/runtime/boundaries/boundary-waits.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

const EVERY_MS = 10;

t.test('a decided boundary releases the waits for it and for earlier ones', async (t) => {
  const waits = new BoundaryWaits(() => [], new FakeTelemetry(), EVERY_MS);
  const gone: number[] = [];
  const waiting = [1, 2, 3].map((atMs) => waits.until(atMs).then(() => gone.push(atMs)));
  waits.decided(2);
  await Promise.all(waiting.slice(0, 2));
  t.strictSame(gone, [1, 2]);
  await waits.until(2);
  waits.decided(Number.POSITIVE_INFINITY);
  await Promise.all(waiting);
});

t.test('a stop releases the waits, and says that nothing was decided', async (t) => {
  const waits = new BoundaryWaits(() => [], new FakeTelemetry(), EVERY_MS);
  waits.decided(10);
  const waiting = waits.until(20);
  waits.close();
  waits.decided(20);
  t.same([await waiting, await waits.until(20), await waits.until(10)], [false, false, true]);
});

t.test('a boundary that stays undecided is logged with the partitions that it waits for', async (t) => {
  const logged: unknown[] = [];
  const twice = Promise.withResolvers<void>();
  class Telemetry extends FakeTelemetry {
    override warn(what: string, detail?: Readonly<Record<string, unknown>>): void {
      logged.push([what, detail?.['boundary'], detail?.['for']]);
      if (logged.length === 2) twice.resolve();
    }
  }
  const behind = (atMs: number): string[] => [`orders-0 before ${atMs}`, 'orders-1'];
  const waits = new BoundaryWaits(behind, new Telemetry(), EVERY_MS);
  // The timer of the log does not keep the process alive.
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  const over = waits.until(1_000);
  await twice.promise;
  waits.decided(1_000);
  await over;
  const line = [
    'partitions wait at a control boundary',
    '1970-01-01T00:00:01.000Z',
    'orders-0 before 1000, orders-1',
  ];
  t.strictSame(logged, [line, line]);
});
