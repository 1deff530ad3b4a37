// Errors of ClickHouse, of the network before it and of chdb have a code of the engine with its kind, and a remedy.
import t from 'tap';
import { historyError } from '../../../src/adapters/clickhouse/database.ts';
import { passingExceptions } from '../../../src/adapters/clickhouse/exception-codes.ts';
import { faultKind, type FaultKind } from '../../../src/core/faults.ts';

const answered = (code: number): Error => Object.assign(new Error('DB::Exception'), { code: String(code) });

function kindOf(error: unknown): FaultKind {
  const translated = historyError(error, 'take a block', 'here');
  t.ok((translated.remedy ?? '').length > 0);
  return faultKind(translated);
}

t.test('the table', async (t) => {
  for (const [code, name] of passingExceptions) t.equal(kindOf(answered(code)), 'environment', name);
});

t.test('wrong access, a missing table or database and a refused statement end the process', async (t) => {
  for (const code of [16, 47, 60, 62, 81, 164, 192, 193, 194, 195, 291, 497, 516, 9_999])
    t.equal(kindOf(answered(code)), 'configuration', String(code));
});

t.test('what is no answer of ClickHouse', async (t) => {
  const socket = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  for (const error of [socket, new Error('Timeout error.'), new Error('<html>502 Bad Gateway</html>')])
    t.equal(kindOf(error), 'environment', error.message);
  t.equal(kindOf(new TypeError('x is undefined')), 'configuration', 'a bug');
  t.equal(kindOf(new Error('Code: 241. DB::Exception: Memory limit')), 'environment', 'chdb');
  t.equal(kindOf(new Error('Code: 60. DB::Exception: Table')), 'configuration', 'chdb');
});
