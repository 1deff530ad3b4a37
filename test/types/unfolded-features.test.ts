// Aggregates with several features: their names are those of a view's features, for the compiler too.
import t from 'tap';
import { partsOf, problemsOf } from '../../src/core/definition.ts';
import { count, divide, features, hours, lastKCategories, mean, quantiles, sliding, view } from 'millrace';

const over = sliding(hours(1));

t.test('an aggregate with several features unfolds into them', async (t) => {
  const views = {
    card: view(['card'], {
      spent: quantiles('amount', { over, at: { p50: 0.5 } }),
      notes: lastKCategories('note', { over, k: 2 }),
    }),
  };
  t.same(
    features({ views }).features.map(({ name, kind }) => `${name} ${kind}`),
    [
      'card.spent_p50 numeric',
      'card.notes_1 categorical',
      'card.notes_2 categorical',
      'card.notes_dropped numeric',
    ],
  );
  const buckets = {
    card: view(['card'], {
      by: mean('amount', { over, bucketBy: 'note', buckets: ['food', 'fuel'] }),
      top: quantiles('amount', { over, at: { p50: 0.5 }, bucketBy: 'note', buckets: { top: 2 } }),
    }),
  };
  t.ok(features({ views: buckets, derived: { x: divide('card.by_food', 'card.by_other') } }));
  t.ok(features({ views: buckets, derived: { x: divide('card.top_1_p50', 'card.top_dropped') } }));
  // @ts-expect-error -- there is no such bucket
  t.ok(features({ views: buckets, derived: { x: divide('card.by_rent', 2) } }));
  // @ts-expect-error -- it has the parts p50
  const unknown = features({ views, derived: { x: divide('card.spent_p99', 2) } });
  t.ok(unknown);
  const twice = view(['card'], { a: quantiles('amount', { over, at: { b: 1 } }), a_b: count({ over }) });
  t.match(partsOf(twice, 'card').flatMap(problemsOf), [
    { path: 'card.features', what: "there are two features named 'a_b'" },
  ]);
});
