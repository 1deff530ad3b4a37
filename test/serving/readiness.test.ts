import t from 'tap';
import { exampleStart } from '../e2e/example-run.ts';
import { openExampleServing } from '../support/example-serving.ts';

const state = (): ReturnType<typeof exampleStart> => exampleStart(0);

await t.test('conditions are listed, and those that block make the process unready', async (t) => {
  let blocksReadiness = false;
  const { serving } = await openExampleServing({
    state,
    conditions: () => [
      { condition: 'partition_stuck', where: 'flights-1', reason: 'no commit', sinceMs: 5, blocksReadiness },
    ],
  });
  t.teardown(() => serving.close(100));
  const degraded = await fetch(`${serving.url}readyz`);
  t.equal(degraded.status, 200);
  t.match(await degraded.json(), {
    ready: true,
    conditions: [{ condition: 'partition_stuck', where: 'flights-1', reason: 'no commit' }],
  });
  blocksReadiness = true;
  const blocked = await fetch(`${serving.url}readyz`);
  t.equal(blocked.status, 503);
  t.match(await blocked.json(), { ready: false, conditions: [{ blocksReadiness: true }] });
});
