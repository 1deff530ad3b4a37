// Partitions that wait at a boundary: let go when it is decided, and told of where it never is.
import t from 'tap';
import { BoundaryWaits } from '../../../src/runtime/boundaries/boundary-waits.ts';
import { FakeTelemetry } from '../../../src/testing/index.ts';

const EVERY_MS = 10;

t.test('a boundary that is decided lets go whoever waits for it, and for those before', async (t) => {
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

t.test(
  'a boundary that is waited for long is told with whom it waits for, until it is decided',
  async (t) => {
    const told: unknown[] = [];
    const twice = Promise.withResolvers<void>();
    class Telemetry extends FakeTelemetry {
      override warn(what: string, detail?: Readonly<Record<string, unknown>>): void {
        told.push([what, detail?.['boundary'], detail?.['for']]);
        if (told.length === 2) twice.resolve();
      }
    }
    const behind = (atMs: number): string[] => [`orders-0 before ${atMs}`, 'orders-1'];
    const waits = new BoundaryWaits(behind, new Telemetry(), EVERY_MS);
    // The teller keeps no process open: here this does.
    const alive = setInterval(() => undefined, 1_000);
    t.teardown(() => clearInterval(alive));
    const over = waits.until(1_000);
    await twice.promise;
    waits.decided(1_000);
    await over;
    const line = [
      'a control boundary is waited for',
      '1970-01-01T00:00:01.000Z',
      'orders-0 before 1000, orders-1',
    ];
    t.strictSame(told, [line, line]);
  },
);
