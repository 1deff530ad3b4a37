// The streams of the learning bench are River's, row by row, and the loop keeps up with one that changes at once.
import t from 'tap';
import { OnnxScorers } from '../../src/adapters/onnx/scorer-factory.ts';
import { blocksOf, qualityFrom, recorded } from '../../bench/learning/figures.ts';
import { Replay } from '../../bench/learning/replayed.ts';
import { rowsOf, STREAMS } from '../../bench/learning/streams.ts';
import { streamTopology } from '../../bench/learning/topology.ts';

const { streams } = await recorded();

t.test('rows equal those of River', async (t) => {
  for (const spec of STREAMS) {
    const known = streams[spec.name];
    if (known === undefined) continue;
    const { features, labels } = rowsOf(spec);
    const sum = labels.reduce((total, label) => total + label, 0);
    t.ok(Math.abs(sum - known.labels) <= 1e-6 * known.labels, `${spec.name} ${sum} ${known.labels}`);
    for (const [row, x, y] of known.rows) {
      t.equal(labels[row], Math.fround(y));
      for (const [i, value] of x.entries())
        t.ok(
          Math.abs((features[row * spec.features + i] as number) - value) <=
            1e-6 * Math.max(1, Math.abs(value)),
          `${spec.name} ${row} ${i}`,
        );
    }
  }
  t.ok(Object.keys(streams).length >= 8);
});

t.test(
  'after a sudden change the loop is right again within some hundred rows, by its defaults',
  async (t) => {
    const stagger = STREAMS.find(({ name }) => name === 'stagger');
    if (stagger === undefined) return t.fail('no such stream');
    const spec = { ...stagger, rows: 3_000, changes: [2_000] };
    const rows = rowsOf(spec);
    const scorers = await OnnxScorers.open({ providers: ['cpu'], inlineMsMax: Number.POSITIVE_INFINITY });
    t.teardown(() => scorers.close());
    const replayed = await new Replay(streamTopology(spec), rows, scorers).run();
    const accuracy = (scores: Float32Array): number =>
      qualityFrom(blocksOf(scores, rows.labels, 500), 5, 500).first;
    t.ok(accuracy(replayed.scores) > 0.97, `loop ${accuracy(replayed.scores)}`);
    t.ok(accuracy(replayed.frozen) < 0.6, `frozen ${accuracy(replayed.frozen)}`);
    const alarms = replayed.alarms.get('page_hinkley') ?? [];
    t.ok(alarms.length === 1 && (alarms[0] ?? 0) > 2_000 && (alarms[0] ?? 0) < 2_100, alarms.join());
    t.equal(replayed.failed, 0, 'no training starts that cannot be judged');
  },
);
