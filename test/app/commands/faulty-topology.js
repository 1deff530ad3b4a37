// A topology whose format, or sink, does what FAULT says: for tests of the command that runs it.
import {
  defineTopology,
  double,
  features,
  MillraceError,
  numeric,
  score,
  source,
  string,
  timestamp,
} from 'millrace';

const fault = process.env.FAULT;
const schema = {
  id: { kind: 'string', nullable: false },
  amount: { kind: 'number', nullable: false },
  at: { kind: 'number', nullable: false },
};

const lines = {
  name: 'lines',
  async decoder() {
    return {
      schema,
      prepare() {
        if (fault === 'hangs') return new Promise(() => {});
        if (fault === 'fails')
          return Promise.reject(new MillraceError('LOG_UNAVAILABLE', 'the faulty format fails'));
        return undefined;
      },
      decode({ values }, from, to, into) {
        for (let i = from; i < to; i++) {
          if (fault === 'refuses') {
            into.reject(i, 'EVENT_MALFORMED', 'no event is good enough');
            continue;
          }
          into.setString(0, String(values.at(i)));
          into.setNumber(1, i);
          into.setNumber(2, Date.UTC(2026, 0, 1));
          into.accept(i);
        }
      },
    };
  },
};

const away = {
  name: 'away',
  delivery: 'after-commit',
  open: () => ({
    predictions() {},
    labels() {},
    flush: () => Promise.reject(new MillraceError('SINK_UNAVAILABLE', 'the faulty sink is away')),
    bufferedRows: 0,
    async close() {},
  }),
};

const events = source('faulty', {
  schema: { id: string, amount: double, at: timestamp },
  eventTime: 'at',
  partitions: 1,
  format: lines,
});

export default defineTopology(events, {
  stages: [features({ fields: { amount: numeric('amount') } }), score({ key: 'id' })],
  sinks: fault === 'away' ? [away] : [],
});
