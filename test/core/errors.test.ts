// Errors say what, where and how to fix it.
import t from 'tap';
import { errorCodes, invariant, isCode, messageOf, MillraceError } from '../../src/core/errors.ts';

t.test('the message has all that is known', async (t) => {
  const cause = new Error('EADDRINUSE');
  const error = new MillraceError('PORT_UNAVAILABLE', 'the port is taken', {
    where: '--port 80',
    remedy: 'Choose another.',
    cause,
  });
  t.equal(error.message, 'the port is taken (--port 80). Choose another.');
  t.same(
    [error.name, error.code, error.where, error.remedy],
    ['MillraceError', 'PORT_UNAVAILABLE', '--port 80', 'Choose another.'],
  );
  t.equal(error.cause, cause);
  t.equal(new MillraceError('FENCED', 'a newer owner').message, 'a newer owner.');
  t.notOk('cause' in new MillraceError('FENCED', 'a newer owner'));
});

t.test('codes', async (t) => {
  t.equal(new Set(errorCodes).size, errorCodes.length);
  t.ok(isCode(new MillraceError('FENCED', 'x'), 'FENCED'));
  t.notOk(isCode(new MillraceError('FENCED', 'x'), 'LOG_FAILED'));
  t.notOk(
    isCode(Object.assign(new Error('x'), { code: 'FENCED' }), 'FENCED'),
    'another library has codes too',
  );
});

t.test('a broken assumption is ours', async (t) => {
  t.doesNotThrow(() => invariant(true, 'holds'));
  t.throws(() => invariant(false, 'offsets ascend'), {
    code: 'INVARIANT',
    message: /offsets ascend.*bug in Millrace/,
  });
});

t.test('the message of anything', async (t) => {
  t.same([messageOf(new Error('a')), messageOf('b'), messageOf(null), messageOf(3)], ['a', 'b', 'null', '3']);
});
