// Whatever sets a record aside says what to do about it.
import t from 'tap';
import { errorCodes } from '../../src/core/errors.ts';
import { faultKinds } from '../../src/core/faults.ts';
import { recordRemedies, remedyOf } from '../../src/core/remedies.ts';

t.test('every code of a record fault has a remedy, an imperative sentence', async (t) => {
  for (const code of errorCodes) {
    if (faultKinds[code] !== 'record') continue;
    t.match(recordRemedies[code], /^[A-Z].*\.$/, code);
    t.equal(remedyOf(code), recordRemedies[code]);
  }
  t.equal(remedyOf('toString'), '');
});
