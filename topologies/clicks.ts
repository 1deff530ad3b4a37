// Click-through: will this visitor click what the shop shows? Scored at every impression, on what the item earned with
// everybody, what the visitor likes, and how long the visit has gone on.
import {
  add,
  binary,
  boolean,
  categorical,
  contract,
  count,
  days,
  dedupe,
  defineTopology,
  derive,
  distinct,
  divide,
  enumeration,
  features,
  hours,
  int,
  labels,
  minutes,
  nullable,
  numeric,
  range,
  score,
  session,
  sliding,
  source,
  string,
  sum,
  text,
  timeSinceLast,
  timestamp,
  view,
  watermarks,
  when,
  type Topology,
} from 'millrace';

const events = source('clicks', {
  schema: {
    type: enumeration(['impression', 'click', 'closed']),
    /** Of the impression. */
    id: string,
    user: string,
    item: string,
    category: string,
    /** Where on the page, 1 at the top. */
    position: int,
    /** Of a closed impression. */
    clicked: nullable(boolean),
    at: timestamp,
  },
  eventTime: 'at',
  key: 'user', // what producers key their records by: an item is in all partitions
});

const impression = { type: 'impression' };
const click = { type: 'click' };
const seen = { type: ['impression', 'click'] };
/** A visit ends with a pause of half an hour. */
const visit = { over: session(minutes(30), { max: hours(4) }), where: seen };
const day = sliding(days(1));
const fortnight = sliding(days(14), days(1));

const clicks: Topology = defineTopology(events, {
  stages: [
    contract([range('position', 1, 100)]),
    dedupe({ by: ['type', 'id'], withinMs: hours(2) }),
    watermarks({ allowedLatenessMs: minutes(1) }),
    derive({ isClick: when(text.oneOf('type', ['click']), 1, 0) }),
    features({
      when: impression,
      fields: { position: numeric('position'), category: categorical('category') },
      views: {
        user: view(['user'], {
          steps_visit: count(visit),
          clicks_visit: sum('isClick', visit),
          categories_visit: distinct('category', visit),
          since_click: timeSinceLast({ over: fortnight, where: click }),
          shown_14d: count({ over: fortnight, where: impression }),
          clicks_14d: count({ over: fortnight, where: click }),
        }),
        item: view(['item'], {
          shown_1d: count({ over: day, where: impression }),
          clicks_1d: count({ over: day, where: click }),
          shown_14d: count({ over: fortnight, where: impression }),
          clicks_14d: count({ over: fortnight, where: click }),
        }),
        taste: view(['user', 'category'], {
          shown_14d: count({ over: fortnight, where: impression }),
          clicks_14d: count({ over: fortnight, where: click }),
        }),
      },
      // Rates with a prior of one click in 20 impressions: what was shown twice and clicked once is no hit yet.
      derived: {
        user_rate: divide(add('user.clicks_14d', 1), add('user.shown_14d', 20)),
        item_rate_1d: divide(add('item.clicks_1d', 1), add('item.shown_1d', 20)),
        item_rate: divide(add('item.clicks_14d', 1), add('item.shown_14d', 20)),
        taste_rate: divide(add('taste.clicks_14d', 1), add('taste.shown_14d', 20)),
      },
    }),
    score({ key: 'id', fallback: 0.08 }),
    labels({
      key: 'id',
      when: { type: 'closed' },
      task: binary({ column: 'clicked' }),
      timeoutMs: hours(6),
    }),
  ],
  control: { everyMs: hours(6), mode: 'aligned' },
  retraining: true,
});

export default clicks;
