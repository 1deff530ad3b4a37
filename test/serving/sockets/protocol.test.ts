import fc from 'fast-check';
import t from 'tap';
import { parsePredictionId as parseId } from '../../../src/core/blocks.ts';
import { parseMessage, subscriptionOf } from '../../../src/serving/sockets/protocol.ts';

await t.test('subscriptions', (t) => {
  const plain = { topology: 'flights', key: null, after: [], labels: false, sample: false };
  t.same(parseMessage('{"subscribe":"flights"}'), { kind: 'subscribe', subscribe: plain });
  t.match(parseMessage('{"subscribe":"flights","after":"flights-0-1","key":"UA1","labels":true}'), {
    subscribe: { after: ['flights-0-1'], key: 'UA1', labels: true },
  });
  t.match(parseMessage('{"subscribe":"flights","after":["flights-0-1","flights-1-9"]}'), {
    subscribe: { after: ['flights-0-1', 'flights-1-9'] },
  });
  t.match(
    subscriptionOf(new URLSearchParams('topology=flights&after=flights-0-1&after=flights-1-9&key=a%20b')),
    {
      subscribe: { after: ['flights-0-1', 'flights-1-9'], key: 'a b' },
    },
  );
  t.match(subscriptionOf(new URLSearchParams('topology=flights&sample=true')), {
    subscribe: { sample: true },
  });
  t.equal(subscriptionOf(new URLSearchParams('')), null);
  t.end();
});

await t.test('malformed messages', (t) => {
  const malformed: ReadonlyArray<readonly [string, RegExp]> = [
    ['', /not JSON/],
    ['[1]', /not a JSON object/],
    ['null', /not a JSON object/],
    ['{}', /"subscribe"/],
    ['{"subscribe":1}', /"subscribe"/],
    ['{"subscribe":"a","key":1}', /"key"/],
    ['{"subscribe":"a","after":[1]}', /"after"/],
    ['{"subscribe":"a","after":1}', /"after"/],
    ['{"subscribe":"a","labels":"yes"}', /"labels"/],
    ['{"subscribe":"a","sample":1}', /"sample"/],
    ['{"subscribe":"a","sample":true,"key":"b"}', /cannot be combined/],
    ['{"subscribe":"a","offset":1}', /unknown field: "offset"/],
  ];
  for (const [text, message] of malformed) {
    t.match(
      parseMessage(text),
      { kind: 'error', error: { code: 'MESSAGE_MALFORMED', message, remedy: /Send/ } },
      text,
    );
  }
  t.match(subscriptionOf(new URLSearchParams('topology=a&sample=true&key=b')), { kind: 'error' });
  t.end();
});

await t.test('never throws', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseMessage(text);
    }),
  );
  t.end();
});

await t.test('ids', (t) => {
  t.same(parseId('flights-0-17'), { topic: 'flights', partition: 0, offset: 17 });
  t.same(parseId('my-topic-1-3-9007199254740'), {
    topic: 'my-topic-1',
    partition: 3,
    offset: 9_007_199_254_740,
  });
  for (const bad of ['', 'flights', 'flights-1', 'flights--1', 'flights-0-x', 'flights-0-1 ', '-0-1']) {
    t.equal(parseId(bad), null, bad);
  }
  t.end();
});
