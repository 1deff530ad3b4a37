// Slots of partitions: when they take a model, and which scorers stay open.
import t from 'tap';
import { NO_MODEL } from '../../../src/core/blocks.ts';
import { ModelHub } from '../../../src/runtime/models/model-hub.ts';
import type { Scorer } from '../../../src/ports/scorer.ts';

class Models {
  readonly closed: string[] = [];

  scorer(version: string): Scorer {
    return {
      version,
      inputWidth: 1,
      provider: 'cpu',
      run: async () => undefined,
      close: async () => void this.closed.push(version),
    };
  }
}

t.test('a slot that opens while models change never holds a closed one', async (t) => {
  const models = new Models();
  const hub = new ModelHub();
  hub.promote(models.scorer('v1'), 0, 1);
  const opening = hub.open('v1', null);
  hub.promote(models.scorer('v2'), 0, 2);
  const slot = await opening;
  t.equal(slot.champion?.version, 'v2');
  t.same(models.closed, ['v1']);

  const restored = Promise.withResolvers<Scorer>();
  const aligned = new ModelHub('aligned', () => restored.promise);
  aligned.promote(models.scorer('v3'), 5, 1);
  const reopening = aligned.open('v0', null);
  restored.resolve(models.scorer('v0'));
  queueMicrotask(() => aligned.promote(models.scorer('v4'), 6, 2));
  const late = await reopening;
  t.equal(late.champion?.version, 'v0');
  t.notOk(models.closed.includes('v0'));
  late.swapAtBarrier({ controlMs: 6 });
  t.equal(late.champion?.version, 'v4');
  late.close();
});

t.test('what a slot has taken is committed once', async (t) => {
  const models = new Models();
  const hub = new ModelHub();
  const fresh = await hub.open(null);
  t.notOk(fresh.isUncommitted, 'without a model there is nothing to say');
  hub.promote(models.scorer('v1'), 0, 3);
  t.ok(fresh.isPending);
  t.notOk(fresh.isUncommitted);
  fresh.swapWhileIdle(0);
  t.same(fresh.taken, { version: 'v1', update: 3, refused: null });
  t.ok(fresh.isUncommitted);
  fresh.committed(fresh.taken);
  t.notOk(fresh.isUncommitted);
  const restarted = await hub.open('v1', { version: 'v1', update: 3, refused: null });
  t.notOk(restarted.isUncommitted, 'the log has it from the run before');
  hub.refuse(4, 'v2: no graph');
  restarted.swapAtBarrier({ controlMs: null });
  t.same(restarted.taken, { version: 'v1', update: 4, refused: 'v2: no graph' });
  t.equal(restarted.champion?.version, 'v1');
  t.ok(restarted.isUncommitted);
});

t.test(
  'in aligned mode an idle partition waits for the boundary of a decision that it has not passed',
  async (t) => {
    const models = new Models();
    const hub = new ModelHub('aligned');
    const slot = await hub.open(null);
    hub.promote(models.scorer('v1'), 100, 1);
    slot.swapWhileIdle(99);
    t.equal(slot.champion, null);
    slot.swapAtBarrier({ controlMs: null });
    t.equal(slot.champion, null);
    slot.swapWhileIdle(100);
    t.equal(slot.champion?.version, 'v1');
  },
);

t.test('a partition that was restored at the boundary of a decision takes its model at once', async (t) => {
  const models = new Models();
  const load = async (version: string): Promise<Scorer> => models.scorer(version);
  const hub = new ModelHub('aligned', load);
  hub.promote(models.scorer('v2'), 100, 1);
  t.equal((await hub.open('v1', null, 99)).champion?.version, 'v1');
  t.equal((await hub.open('v1', null, 100)).champion?.version, 'v2');
  t.equal((await hub.open(NO_MODEL, null, 100)).champion?.version, 'v2');
});
