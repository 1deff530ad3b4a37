// kafkajs's own errors, as it builds and wraps them, are classified.
import { createRequire } from 'node:module';
import t from 'tap';
import type { KafkaFault } from '../../../../src/adapters/kafka/client/error-codes.ts';
import { KafkaError } from '../../../../src/adapters/kafka/client/kafka-error.ts';
import { classified, toKafkaError } from '../../../../src/adapters/kafka/client/kafkajs-errors.ts';
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

const NAMED: ReadonlyArray<readonly [string, KafkaFault]> = [
  ['KafkaJSConnectionError', 'unreachable'],
  ['KafkaJSConnectionClosedError', 'unavailable'],
  ['KafkaJSRequestTimeoutError', 'unavailable'],
  ['KafkaJSBrokerNotFound', 'unavailable'],
  ['KafkaJSNoBrokerAvailableError', 'unavailable'],
  ['KafkaJSGroupCoordinatorNotFound', 'unavailable'],
  ['KafkaJSMetadataNotLoaded', 'unavailable'],
  ['KafkaJSTopicMetadataNotLoaded', 'unavailable'],
  ['KafkaJSLockTimeout', 'unavailable'],
  ['KafkaJSTimeout', 'unavailable'],
  ['KafkaJSSASLAuthenticationError', 'unauthenticated'],
  ['KafkaJSNonRetriableError', 'refused'],
];

for (const [name, fault] of NAMED) {
  t.test(`${name} is ${fault}, also when kafkajs gave up retrying`, async (t) => {
    const error = made(name);
    t.match(toKafkaError(error), { fault, code: null, isRetriable: false, cause: error });
    const wrapped = made('KafkaJSNumberOfRetriesExceeded', error, { retryCount: 5, retryTime: 1 });
    t.match(toKafkaError(wrapped), { fault, code: null, isRetriable: false, cause: wrapped });
  });
}

t.test("a broker's answer keeps its code, also one that kafkajs does not know", async (t) => {
  t.match(toKafkaError(createErrorFromCode(51)), { fault: 'refused', code: 51, isRetriable: true });
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
  t.match(toKafkaError(error), { fault: 'refused', code: null });
});

t.test('errors that need no classification pass', async (t) => {
  for (const error of [new KafkaError('fenced', 'x'), new MillraceError('INVARIANT', 'x')])
    await t.rejects(
      classified(() => Promise.reject(error)),
      error,
    );
  t.equal(await classified(async () => 1), 1);
});
