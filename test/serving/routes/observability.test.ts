import t from 'tap';
import { withoutValues } from '../../../src/serving/column-values.ts';
import { observabilityRoutes } from '../../../src/serving/routes/observability.ts';
import type { ServingContext } from '../../../src/serving/serving-context.ts';
import { exampleState } from '../../e2e/example-run.ts';

t.test('values of events take the role subscriber', async (t) => {
  const route = observabilityRoutes.find(({ path }) => path === '/api/state');
  const state: ServingContext['state'] = (hasValues) => String(hasValues);
  const context = { state, targets: [], topology: 'payments' } as Partial<ServingContext> as ServingContext; // all that it asks
  for (const role of ['viewer', 'subscriber']) {
    const caller = { name: 'x', address: null, may: (needed: string) => needed === role };
    const answer = await route?.handler({ caller, query: new URLSearchParams() } as never, context); // all that the route reads
    t.equal(String(answer?.body), String(role === 'subscriber'));
  }
});

t.test('without values, counts and shares stay', async (t) => {
  const state = exampleState(262, 0);
  const { columns } = withoutValues(state);
  t.equal(columns.length, state.columns.length);
  for (const [i, { name, periods }] of columns.entries()) {
    const before = state.columns[i]?.periods ?? [];
    t.equal(name, state.columns[i]?.name);
    t.same(
      periods,
      before.map((period) => ({ ...period, min: null, max: null, examples: [] })),
    );
  }
});
