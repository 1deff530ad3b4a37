// The table of error codes against the list of Kafka's own Java client, and against kafkajs's.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import { errorCode, type KafkaFault } from '../../../../src/adapters/kafka/client/error-codes.ts';
import { KafkaError, isUnavailable } from '../../../../src/adapters/kafka/client/kafka-error.ts';
import { kafkaFaults, logFailure } from '../../../../src/adapters/kafka/log-failure.ts';
import { faultKinds } from '../../../../src/core/faults.ts';

type Row = readonly [code: number, name: string, isRetriable: boolean];

const file = join(import.meta.dirname, '..', '..', '..', 'vectors', 'kafka-error-codes.json');
const { codes } = JSON.parse(readFileSync(file, 'utf8')) as { readonly codes: readonly Row[] };

// kafkajs exports its table nowhere.
const require = createRequire(import.meta.url);
const { errorCodes: kafkajsCodes } = require('kafkajs/src/protocol/error.js') as {
  readonly errorCodes: ReadonlyArray<{ readonly code: number; readonly retriable: boolean }>;
};

t.test('every code of the Java client has its name and its retriability', async (t) => {
  t.ok(codes.length > 130);
  for (const [code, name, isRetriable] of codes) {
    t.match(errorCode(code), { code, name, isRetriable });
    const error = KafkaError.ofCode(code, 'orders-0');
    t.match(error, { message: `orders-0: ${name}`, code, isRetriable, fault: errorCode(code).fault });
    if (isRetriable) t.ok(isUnavailable(error), `${name} is retried`);
  }
});

t.test('kafkajs agrees about which answers may be retried', async (t) => {
  for (const { code, retriable } of kafkajsCodes)
    t.equal(errorCode(code).isRetriable, retriable, String(code));
});

t.test('a code that the table lacks is a final refusal', async (t) => {
  t.match(errorCode(9_999), { name: 'error code 9999', isRetriable: false, fault: 'refused' });
});

t.test('every code has one fault, and with it one kind', async (t) => {
  const byFault = Map.groupBy(codes, ([code]) => errorCode(code).fault);
  const names = (fault: KafkaFault): string[] => (byFault.get(fault) ?? []).map(([, name]) => name);
  t.strictSame(names('record'), [
    'MESSAGE_TOO_LARGE',
    'RECORD_LIST_TOO_LARGE',
    'INVALID_TIMESTAMP',
    'INVALID_RECORD',
  ]);
  t.strictSame(names('unauthorized'), [
    'TOPIC_AUTHORIZATION_FAILED',
    'GROUP_AUTHORIZATION_FAILED',
    'CLUSTER_AUTHORIZATION_FAILED',
    'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    'DELEGATION_TOKEN_AUTHORIZATION_FAILED',
  ]);
  for (const code of [47, 49, 90, 45, 48, 59, 120]) t.equal(errorCode(code).fault, 'fenced', String(code));
  for (const code of [3, 9, 19, 20, 27, -1, 8]) t.equal(errorCode(code).fault, 'unavailable', String(code));
  for (const [code, name] of codes) {
    const { code: translated, remedy } = logFailure(
      KafkaError.ofCode(code, 'orders-0'),
      'failed',
      'orders',
      [],
    );
    t.ok(faultKinds[translated] !== undefined && (remedy ?? '').length > 0, `${name} is ${translated}`);
  }
});

t.test('every fault has a code of the engine, whose kind decides', async (t) => {
  const kinds = Object.fromEntries(
    Object.entries(kafkaFaults).map(([fault, { code }]) => [fault, faultKinds[code]]),
  );
  t.strictSame(kinds, {
    fenced: 'environment',
    record: 'record',
    unauthenticated: 'configuration',
    unauthorized: 'configuration',
    unreachable: 'environment',
    unavailable: 'environment',
    unsupported: 'configuration',
    refused: 'configuration',
  });
});
