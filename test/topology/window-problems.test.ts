// Windows that need more panes than there may be, with the allowed lateness: refused with all other problems of a definition.
import t from 'tap';
import { count, defineTopology, features, hours, sliding, view, watermarks } from '../../src/index.ts';

const source = { topic: 'orders', eventTime: 'at', partitions: 1 };

t.test('windows that the allowed lateness makes too long', async (t) => {
  const over = sliding(hours(1));
  const many = features({ views: { card: view(['card'], { n: count({ over }), m: count({ over }) }) } });
  const stages = [watermarks({ allowedLatenessMs: hours(10_000) }), many];
  let text = '';
  try {
    defineTopology({ name: 'No name', source, stages });
  } catch (error) {
    text = String(error);
  }
  t.match(text, /: 3 problems:/);
  t.match(text, /name 'No name' is not/);
  t.match(
    text,
    /\n {2}\S+window-problems\.test\.ts:\d+:\d+ stages\[1\]\.views\.card\.n\.over: a window needs \d+ panes/,
  );
  t.match(text, /stages\[1\]\.views\.card\.m\.over: .*Choose larger panes or less allowed lateness/);
});
