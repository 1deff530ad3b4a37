// Warnings that the command line mutes: the known ones alone.
import t from 'tap';
import { node } from '../../support/cli.ts';

const MODULE = new URL('../../../src/app/cli/known-warnings.ts', import.meta.url).href;

function warned(code: string): Promise<{ readonly stderr: string }> {
  return node([
    '--input-type=module',
    '-e',
    `import { muteKnownWarnings } from '${MODULE}'; muteKnownWarnings(); ${code}`,
  ]);
}

t.test('a timer of negative time is not reported', async (t) => {
  const code = 'setTimeout(() => undefined, -5);';
  t.match((await node(['-e', code])).stderr, 'TimeoutNegativeWarning', 'which Node does');
  t.equal((await warned(code)).stderr, '');
});

t.test('experimental features are muted by name', async (t) => {
  const using = (name: string): string =>
    `process.emitWarning('${name} is an experimental feature', 'ExperimentalWarning');`;
  t.equal((await warned(using('SQLite'))).stderr, '');
  t.match((await warned(using('Other'))).stderr, 'Other is an experimental feature');
});

t.test('other warnings pass with all their details', async (t) => {
  const { stderr } = await warned(
    `process.emitWarning('an old call', { type: 'DeprecationWarning', code: 'OLD1', detail: 'see there' });`,
  );
  t.match(stderr, /\[OLD1\] DeprecationWarning: an old call\nsee there/);
  t.match((await warned(`process.emitWarning(new RangeError('too far'));`)).stderr, 'RangeError: too far');
});
