// What an engine keeps of many versions: the newest in memory, the others in the log.
import t from 'tap';
import { KnownModels } from '../../../src/runtime/models/known-models.ts';
import { manifestOf, packUpdate } from '../../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { makeDriftReference } from '../../../src/stats/drift-reference.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { ordersTopology } from '../../support/orders.ts';

const topology = ordersTopology({ partitions: 1 });
const VERSIONS = 100;
const names = topology.features?.features.map(({ name }) => name) ?? [];
const kinds = topology.features?.features.map(({ kind }) => kind) ?? [];
const values = Float32Array.from({ length: 50 * names.length }, (_, i) => i);
const reference = makeDriftReference(values, 50, names, kinds, values.subarray(0, 50), 1);

function updateOf(version: string): ModelUpdateRecord {
  const model = Buffer.from(`model of ${version}`);
  return packUpdate(championManifest(topology, version, reference, model), model, 'given', 0);
}

const log = Array.from({ length: VERSIONS }, (_, i) => updateOf(`v${i}`));

function known(isLive: boolean): { models: KnownModels; reads: number[] } {
  const reads: number[] = [];
  const models = new KnownModels(async (offset) => {
    reads.push(offset);
    return log[offset] ?? null;
  });
  models.isLive = isLive;
  for (const [offset, update] of log.entries()) models.add(update, offset);
  return { models, reads };
}

t.test('old models are read from the log, new ones are in memory', async (t) => {
  const { models, reads } = known(true);
  t.equal(models.champions().filter(({ model }) => model.length > 0).length, 4);
  t.match(await models.model('v99'), { version: 'v99', model: log[99]?.model, offset: 99 });
  t.same(reads, []);
  t.match(await models.model('v3'), { version: 'v3', model: log[3]?.model, manifest: { reference } });
  t.same(reads, [3]);
  t.equal(await models.model('v100'), null);
});

t.test('references of versions that came before the start stay, those of many later ones do not', (t) => {
  const rowsOf = ({ models }: { models: KnownModels }, version: string): number | undefined => {
    const update = models.update(version);
    return update === null ? undefined : manifestOf(update)?.reference.rowCount;
  };
  t.equal(rowsOf(known(false), 'v0'), 50, 'a loop that reads the past again compares with them');
  t.equal(rowsOf(known(true), 'v0'), 0);
  t.equal(rowsOf(known(true), 'v99'), 50);
  t.end();
});

t.test(
  'an update with other bytes of a former champion leaves that one, also once it is in the log alone',
  async (t) => {
    const { models } = known(true);
    const before = updateOf('v3');
    t.match(models.reject({ ...before, model: Buffer.from('forged') }, 200), { status: 'rejected' });
    t.match(await models.model('v3'), { model: before.model });
    models.reject(before, 201);
    t.equal(models.update('v3')?.status, 'rejected');
    t.equal(await models.model('v3'), null);
  },
);
