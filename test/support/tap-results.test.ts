import { join } from 'node:path';
import t from 'tap';
import { readTapResults } from './tap-results.ts';

const output = `TAP version 14
1..3
# Subtest: test/good.test.ts
    ok 1 - fine
    not ok 2 - known # TODO later
    1..2
ok 1 - test/good.test.ts
# Subtest: test/bad.test.ts
    # Subtest: outer
        ok 1 - fine
        not ok 2 - one is two
          ---
          diff: |
            -2
            +1
          source: |
            t.equal(1, 2);
          ...
        1..2
    not ok 1 - outer
    1..1
not ok 2 - test/bad.test.ts
# Subtest: test/hangs.test.ts
    ok 1 - fine
    1..1
not ok 3 - test/hangs.test.ts
  ---
  expired: timed out
  ...
# { total: 5, pass: 3, fail: 2, todo: 1 }
`;

t.test(
  'each failed assertion is listed once, a file only if none of its assertions explains the failure',
  async (t) => {
    const folder = t.testdir({ 'results.tap': output });
    const { counts, failures } = readTapResults(join(folder, 'results.tap'));
    t.strictSame(counts, { passed: 3, failed: 2, skipped: 1 });
    t.strictSame(failures, [
      'test/bad.test.ts > outer > one is two\n  diff:\n    -2\n    +1',
      'test/hangs.test.ts\n  expired: timed out',
    ]);
  },
);

t.test('a failure with a long text leaves room for those before it', async (t) => {
  const lines = Array.from({ length: 40 }, (_, i) => `      +${i} ${'x'.repeat(1_000)}`);
  const long = ['TAP version 14', '1..1', 'not ok 1 - long', '  ---', '  diff: |', ...lines, '  ...', ''];
  const folder = t.testdir({ 'results.tap': long.join('\n') });
  const { failures } = readTapResults(join(folder, 'results.tap'));
  t.equal(failures.length, 1);
  const shown = failures[0]?.split('\n') ?? [];
  t.equal(shown.length, 31);
  t.equal(shown.at(-1), '  (12 more lines)');
  t.match(shown[2], /^ +\+0 x+ \(7\d\d more characters\)$/);
});

t.test('a run without output has passed nothing', async (t) => {
  const { counts } = readTapResults(join(t.testdir({}), 'results.tap'));
  t.strictSame(counts, { passed: 0, failed: 0, skipped: 0 });
});
