// kafkajs's own errors, as it builds and wraps them, are classified.
import { createRequire } from 'node:module';
import t from 'tap';
import { KafkaError } from '../../../../src/adapters/kafka/client/kafka-error.ts';
import {
  classified,
  kafkajsFaults,
  toKafkaError,
} from '../../../../src/adapters/kafka/client/kafkajs-errors.ts';
import { MillraceError } from '../../../../src/core/errors.ts';

type Constructor = new (message: unknown, detail?: object) => Error;

// kafkajs types a part of its errors.
const require = createRequire(import.meta.url);
const errors = require('kafkajs') as Readonly<Record<string, Constructor>>;
const { createErrorFromCode } = require('kafkajs/src/protocol/error.js') as {
  readonly createErrorFromCode: (code: number) => Error;
};

function made(name: string, message: unknown = 'it failed', detail: object = {}): Error {
  const Class = errors[name];
  if (Class === undefined) throw new Error(`kafkajs exports no ${name}`);
  return new Class(message, detail);
}

const WRAPPERS = new Set(['KafkaJSNumberOfRetriesExceeded', 'KafkaJSAggregateError']);

t.test("the table has every class of kafkajs's errors", async (t) => {
  const names = Object.keys(require('kafkajs/src/errors.js') as object).filter((name) =>
    name.startsWith('KafkaJS'),
  );
  t.ok(names.length > 20);
  for (const name of names) t.ok(name in kafkajsFaults, name);
});

for (const [name, fault] of Object.entries(kafkajsFaults)) {
  if (WRAPPERS.has(name)) continue;
  t.test(`${name} is ${fault}, also when kafkajs gave up retrying`, async (t) => {
    const error = Object.assign(new Error('it failed'), { name });
    t.match(toKafkaError(error), { fault, code: null, isRetriable: false, cause: error });
    const wrapped = made('KafkaJSNumberOfRetriesExceeded', error, { retryCount: 5, retryTime: 1 });
    t.match(toKafkaError(wrapped), { fault, code: null, isRetriable: false, cause: wrapped });
  });
}

t.test("a broker's answer keeps its code, also one that kafkajs does not know", async (t) => {
  t.match(toKafkaError(createErrorFromCode(51)), { fault: 'unavailable', code: 51, isRetriable: true });
  t.match(toKafkaError(createErrorFromCode(14)), { fault: 'unavailable', code: 14, isRetriable: true });
  t.match(toKafkaError(createErrorFromCode(47)), { fault: 'fenced', code: 47, isRetriable: false });
  t.match(toKafkaError(createErrorFromCode(90)), { fault: 'fenced', code: 90, isRetriable: false });
});

t.test('being fenced comes before being unavailable', async (t) => {
  const away = made('KafkaJSConnectionError');
  const fenced = Object.assign(createErrorFromCode(47), { cause: away });
  t.match(toKafkaError(fenced), { fault: 'fenced' });
});

t.test("a socket's error is no answer, whatever its code", async (t) => {
  const error = Object.assign(new Error('connect'), { type: 'system', code: 'ECONNREFUSED' });
  t.match(toKafkaError(error), { fault: 'unavailable', code: null });
});

t.test('a bug of the engine is no outage, one of kafkajs on a broken connection is', async (t) => {
  t.match(toKafkaError(new TypeError('x is undefined')), { fault: 'refused', code: null });
  const within = new TypeError("Cannot read properties of null (reading 'send')");
  within.stack = `${within.message}\n    at Broker.send (/app/node_modules/kafkajs/src/broker/index.js:1:1)`;
  t.match(toKafkaError(within), { fault: 'unavailable', code: null });
});

t.test('the code of what kafkajs wrapped or collected is kept', async (t) => {
  const exceeded = made('KafkaJSNumberOfRetriesExceeded', createErrorFromCode(3), {
    retryCount: 5,
    retryTime: 1,
  });
  t.match(toKafkaError(exceeded), { fault: 'unavailable', code: 3 });
  const collected = Object.assign(new Error('several'), { errors: [createErrorFromCode(29)] });
  t.match(toKafkaError(collected), { fault: 'unauthorized', code: 29 });
});

t.test('errors that need no classification pass', async (t) => {
  for (const error of [new KafkaError('fenced', 'x'), new MillraceError('INVARIANT', 'x')])
    await t.rejects(
      classified(() => Promise.reject(error)),
      error,
    );
  t.equal(await classified(async () => 1), 1);
});
