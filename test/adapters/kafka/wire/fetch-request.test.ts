// The Fetch request against kafkajs's encoder, and an answer against its decoder.
import { createRequire } from 'node:module';
import t from 'tap';
import { fetchRequest } from '../../../../src/adapters/kafka/wire/fetch-request.ts';
import { KafkaError } from '../../../../src/adapters/kafka/client/kafka-error.ts';
import {
  FETCH_BYTES_MAX,
  FETCH_PARTITION_BYTES_MAX,
  FETCH_WAIT_MS_MAX,
} from '../../../../src/core/log-limits.ts';
import { answerOf } from '../fetch-answer.ts';
import { fetched, single } from '../reference-batches.ts';

const require = createRequire(import.meta.url);
const kafkajsRequest = require('kafkajs/src/protocol/requests/fetch/v11/request.js') as (input: object) => {
  encode(): Promise<{ readonly buffer: Buffer }>;
};
const kafkajs = require('kafkajs/src/protocol/requests/fetch/v11/response.js') as {
  decode(body: Buffer): Promise<object>;
};

t.test('the request, byte for byte', async (t) => {
  const from = [
    { topic: 'orders', partition: 2, position: 2 ** 40 + 7 },
    { topic: 'flüge', partition: 0, position: 0 },
    { topic: 'orders', partition: 1, position: 4_294_967_295 },
  ];
  const partitionsOf = (topic: string): object[] =>
    from
      .filter((one) => one.topic === topic)
      .map(({ partition, position }) => ({
        partition,
        fetchOffset: position,
        maxBytes: FETCH_PARTITION_BYTES_MAX,
      }));
  const { buffer } = await kafkajsRequest({
    replicaId: -1,
    maxWaitTime: FETCH_WAIT_MS_MAX,
    minBytes: 1,
    maxBytes: FETCH_BYTES_MAX,
    topics: ['orders', 'flüge'].map((topic) => ({ topic, partitions: partitionsOf(topic) })),
  }).encode();
  const { body, apiKey, apiVersion } = fetchRequest(from, FETCH_WAIT_MS_MAX);
  t.same(body, buffer);
  t.same([apiKey, apiVersion], [1, 11]);
});

t.test('the answer', async (t) => {
  const partitions = [
    fetched(Buffer.concat([await single(2 ** 40), await single(2 ** 40 + 1)]), {
      highWatermark: 2 ** 41,
      abortedTransactions: [{ producerId: 2n ** 62n, firstOffset: 2 ** 33 }],
    }),
    fetched(Buffer.alloc(0), { partition: 7, errorCode: 1, highWatermark: -1, lastStableOffset: -1 }),
  ];
  const body = answerOf(partitions, 250);
  const { decode, throttleMsOf } = fetchRequest([], FETCH_WAIT_MS_MAX);
  const answer = decode(body);
  t.same(answer, { throttleMs: 250, partitions });
  t.equal(throttleMsOf?.(answer), 250);
  t.equal(answer.partitions[0]?.records.buffer, body.buffer, 'a view');
  t.match(await kafkajs.decode(body), {
    clientSideThrottleTime: 250,
    responses: [
      {
        topicName: 'orders',
        partitions: [
          {
            partition: 0,
            highWatermark: String(2 ** 41),
            abortedTransactions: [{ producerId: String(2n ** 62n), firstOffset: String(2 ** 33) }],
            messages: [{ offset: String(2 ** 40) }, { offset: String(2 ** 40 + 1) }],
          },
          { partition: 7, errorCode: 1, lastStableOffset: '-1' },
        ],
      },
    ],
  });
});

t.test('an answer with an error code, and answers that end too soon', async (t) => {
  const { decode } = fetchRequest([], FETCH_WAIT_MS_MAX);
  const body = answerOf([fetched(await single(0))]);
  for (let length = 0; length < body.length; length++) {
    t.throws(() => decode(body.subarray(0, length)), { code: 'LOG_FAILED' });
  }
  body.writeInt16BE(56, 4);
  t.throws(() => decode(body), KafkaError.ofCode(56, 'Fetch'));
});
