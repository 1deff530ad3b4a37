// The impressions of topologies/clicks.ts: their features against what was shown and clicked before, and what a loop makes
// of them.
import t from 'tap';
import { days, minutes } from '../../src/index.ts';
import { TopologyDriver } from '../../src/testing/index.ts';
import { clickEvents, type ClickEvent } from '../../topologies/data/clicks.ts';
import clicks from '../../topologies/clicks.ts';
import { shellBlock } from '../docs/pages.ts';
import { isNear, runExample, within } from './example.ts';

/** A run of several days, on a machine that is busy. */
t.setTimeout(400_000);

/** The newest events that are at most half an hour apart: none of the visits here is cut at four hours. */
function ofVisit(events: readonly ClickEvent[]): readonly ClickEvent[] {
  let from = events.length - 1;
  const msOf = (i: number): number => Date.parse(events[i]?.at ?? '');
  while (from > 0 && msOf(from) - msOf(from - 1) <= minutes(30)) from--;
  return events.slice(from);
}

t.test('features say what was shown and clicked before', async (t) => {
  const events = clickEvents({ users: 30, days: 6, seed: 5 });
  const driver = new TopologyDriver(clicks);
  await driver.send(events.map((event) => ({ ...event, at: Date.parse(event.at) })));
  t.equal(driver.deadLetters.length, 0, 'no event is refused');
  const predictions = new Map(driver.predictions.map(({ key, features }) => [key, features]));
  const fortnight = { sizeMs: days(14), paneMs: days(1) };
  let compared = 0;
  for (const [i, event] of events.entries()) {
    if (event.type !== 'impression' || i % 3 !== 0) continue;
    const seen = events.slice(0, i + 1);
    const atMs = Date.parse(event.at);
    const ofItem = seen.filter(({ item }) => item === event.item);
    const ofTaste = seen.filter(({ user, category }) => user === event.user && category === event.category);
    const counts = (group: typeof events): [shown: number, clicked: number] => [
      group.filter(({ type }) => type === 'impression').length,
      group.filter(({ type }) => type === 'click').length,
    ];
    const [shown, clicked] = counts(within(ofItem, atMs, { sizeMs: days(1) }));
    const [tasted, liked] = counts(within(ofTaste, atMs, fortnight));
    const visit = ofVisit(seen.filter(({ user, type }) => user === event.user && type !== 'closed'));
    const expected = {
      'user.steps_visit': visit.length,
      'user.clicks_visit': visit.filter(({ type }) => type === 'click').length,
      'user.categories_visit': new Set(visit.map(({ category }) => category)).size,
      'item.shown_1d': shown,
      'item.clicks_1d': clicked,
      item_rate_1d: (clicked + 1) / (shown + 20),
      taste_rate: (liked + 1) / (tasted + 20),
    };
    const features = predictions.get(event.id);
    for (const [name, value] of Object.entries(expected))
      if (!isNear(features?.[name], value)) t.equal(features?.[name], value, `${name} of ${event.id}`);
    compared++;
  }
  t.ok(compared > 300, `${compared} impressions are compared`);
});

t.test('a loop with the defaults learns what is clicked', async (t) => {
  const block = shellBlock('docs/examples/clicks.md', 'Run it');
  const { labels, quality } = await runExample(block, t.testdir({}), ['--users', '100', '--days', '8']);
  t.ok(labels.joined > 6_000, `${labels.joined} labels`);
  t.ok(quality.loop.auc > 0.7, `AUC ${quality.loop.auc}`);
});
