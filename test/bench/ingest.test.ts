// The ingest bench on a log in the process, for a moment: what it sends is answered, at each size of a request.
import t from 'tap';
import { measure } from '../../bench/ingest/suite.ts';

t.test('requests of many events and of one are answered', async (t) => {
  const loads = [
    { rows: 100, connections: 1 },
    { rows: 1, connections: 4 },
  ];
  const figures = await measure('embedded', {}, loads, 0.2);
  t.strictSame(
    figures.map(({ rows, connections }) => ({ rows, connections })),
    loads,
  );
  for (const { eventsPerSecond, p50Ms, p99Ms } of figures) {
    t.ok(eventsPerSecond > 0);
    t.ok(p99Ms >= p50Ms);
  }
});
