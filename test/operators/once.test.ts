// A merge that starts again sends everything a second time: a hop must not count it twice.
import t from 'tap';
import { once, onceTopicId } from '../../src/operators/once.ts';
import type { Stage } from '../../src/operators/stage.ts';
import { RowBatches, schemaOf } from '../../src/testing/index.ts';
import { StageBench } from '../support/stage-bench.ts';

/** Partition and offset in the source of each record of the hop's topic. */
type Place = readonly [partition: number, offset: number];

const schema = schemaOf([{ at: 0 }]);

/** The stage over a topic with these records. */
function over(places: readonly Place[]): Stage<never> {
  const stage = once();
  return {
    ...stage,
    open: (context) =>
      stage.open({
        ...context,
        placesOf: ({ raw }) => ({
          topicId: 'first',
          partitions: Int32Array.from(raw.offsets, (offset) => (places[offset] as Place)[0]),
          offsets: Float64Array.from(raw.offsets, (offset) => (places[offset] as Place)[1]),
        }),
      }),
  };
}

t.test('events that the topic has twice count once, also after a restart', async (t) => {
  const first: Place[] = [
    [0, 5],
    [1, 0],
    [0, 6],
  ];
  const places: Place[] = [...first, ...first, [1, 1], [-1, 0], [0, 7], ...first, [2, 0]];
  const batches = new RowBatches(schema, 'at');
  const bench = new StageBench(over(places), { schema });
  bench.push(batches.next(places.slice(0, 5).map(() => ({ at: 0 }))));
  const barrier = bench.close(5, 0);
  const restarted = new StageBench(over(places), { schema });
  restarted.instance.operatorState?.restore(barrier.delta.stages.get('once') ?? new Uint8Array(0));
  restarted.push(batches.next(places.slice(5).map(() => ({ at: 0 }))));
  t.same([...bench.keptOffsets, ...restarted.keptOffsets], [0, 1, 2, 6, 8, 12]);
  t.equal(bench.dropped + restarted.dropped, 7);
  t.throws(() => restarted.instance.operatorState?.restore(new Uint8Array(3)), { code: 'STORE_LOST' });
  t.equal(onceTopicId(barrier.delta.stages.get('once') ?? new Uint8Array(0)), 'first');
});
