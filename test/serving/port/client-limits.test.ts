// How much of the port one client may take, and what no client can take from others.
import t from 'tap';
import { exampleStart } from '../../e2e/example-run.ts';
import { openAccess, openExampleServing } from '../../support/example-serving.ts';
import { RecordingTelemetry } from '../../support/recording-telemetry.ts';

await t.test('a flood of requests leaves the probes open, with a credential too', async (t) => {
  const { serving } = await openExampleServing({
    state: () => exampleStart(0),
    access: openAccess(new RecordingTelemetry(), '12345678'),
    limits: { requestsPerSecond: 1, connectionsPerAddress: 100 },
  });
  t.teardown(() => serving.close(100));
  const get = async (path: string): Promise<number> => {
    const response = await fetch(serving.url + path, { headers: { authorization: 'Bearer 12345678' } });
    return response.status;
  };
  const statuses = await Promise.all(Array.from({ length: 10 }, () => get('metrics')));
  t.ok(statuses.includes(429), 'the caller is over its rate');
  for (let i = 0; i < 5; i++) for (const path of ['livez', 'readyz']) t.equal(await get(path), 200, path);
});
