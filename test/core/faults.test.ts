// Every code has one kind, and the kind alone decides about retries and the end of the process.
import t from 'tap';
import { errorCodes, MillraceError } from '../../src/core/errors.ts';
import { faultKind, faultKinds, isEnvironmentFault } from '../../src/core/faults.ts';

t.test('every code has a kind', async (t) => {
  t.strictSame(Object.keys(faultKinds).sort(), [...errorCodes].sort());
  for (const code of errorCodes) t.match(faultKinds[code], /^(record|environment|configuration)$/, code);
});

t.test('what passes is retried, and nothing else', async (t) => {
  for (const code of errorCodes)
    t.equal(isEnvironmentFault(new MillraceError(code, 'x')), faultKinds[code] === 'environment', code);
});

t.test('an error without a code is a bug', async (t) => {
  for (const error of [new TypeError('x is undefined'), 'text', undefined, { code: 'LOG_UNAVAILABLE' }])
    t.equal(faultKind(error), 'configuration');
});
