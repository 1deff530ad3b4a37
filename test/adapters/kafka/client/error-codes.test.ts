// The table of error codes against the list of Kafka's own Java client, and against kafkajs's.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import t from 'tap';
import { errorCode } from '../../../../src/adapters/kafka/client/error-codes.ts';
import { KafkaError, isUnavailable } from '../../../../src/adapters/kafka/client/kafka-error.ts';

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
    if (isUnavailable(error)) t.ok(isRetriable, `${name} is unavailable and retriable`);
  }
});

t.test('kafkajs agrees about which answers may be retried', async (t) => {
  for (const { code, retriable } of kafkajsCodes)
    t.equal(errorCode(code).isRetriable, retriable, String(code));
});

t.test('a code that the table lacks is a final refusal', async (t) => {
  t.match(errorCode(9_999), { name: 'error code 9999', isRetriable: false, fault: 'refused' });
});

t.test('what decides about a restart has its own fault', async (t) => {
  const byFault = Map.groupBy(codes, ([code]) => errorCode(code).fault);
  const names = (fault: 'fenced' | 'unauthenticated' | 'unavailable'): string[] =>
    (byFault.get(fault) ?? []).map(([, name]) => name);
  t.strictSame(names('fenced'), ['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING', 'PRODUCER_FENCED']);
  t.strictSame(names('unauthenticated'), ['UNSUPPORTED_SASL_MECHANISM', 'SASL_AUTHENTICATION_FAILED']);
  t.strictSame(names('unavailable'), [
    'LEADER_NOT_AVAILABLE',
    'NOT_LEADER_OR_FOLLOWER',
    'REQUEST_TIMED_OUT',
    'NETWORK_EXCEPTION',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'COORDINATOR_NOT_AVAILABLE',
    'NOT_COORDINATOR',
    'NOT_CONTROLLER',
  ]);
});
