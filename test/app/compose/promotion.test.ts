// Promotions and rollbacks on a running engine whose partitions have no events, and what is refused.
import { createHash } from 'node:crypto';
import t from 'tap';
import { modelCommands, type ModelCommandParts } from '../../../src/app/compose/model-commands.ts';
import { hours, minutes, type ControlOptions, type Topology } from '../../../src/index.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import type { Change } from '../../../src/ports/audit.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import type { ModelCommands } from '../../../src/serving/serving-context.ts';
import type { Row } from '../../../src/testing/index.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { LearningRun } from '../../support/learning-run.ts';
import { order, orderEvent, ordersCodec, ordersTopology } from '../../support/orders.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';

type Mode = NonNullable<ControlOptions['mode']>;

const PARTITIONS = 3;
const BY = { actor: 'ann', from: '10.0.0.1' };
const codec = ordersCodec();
const encoder = await codec.encoder<Row>('orders-value');
const SCORES: Readonly<Record<string, number>> = { v1: 0.1, v2: 0.2, v3: 0.3 };

function topologyOf(mode: Mode): Topology {
  return ordersTopology({ partitions: PARTITIONS, control: { everyMs: hours(1), mode } });
}

interface Started {
  readonly run: LearningRun;
  readonly topology: Topology;
  readonly commands: ModelCommands;
  readonly send: (id: string, partition: number, at: number) => Promise<void>;
  readonly champions: () => Promise<string[]>;
}

async function start(
  mode: Mode = 'live',
  more: Partial<ModelCommandParts> = {},
  refuses: (version: string) => string | null = () => null,
): Promise<Started> {
  const topology = topologyOf(mode);
  const run = new LearningRun({
    topology,
    codec,
    script: {},
    control: 'fleet',
    scoreOf: (version) => SCORES[version] ?? 0.9,
    refuses,
  });
  await run.start();
  const { log, registry } = run;
  for (const version of Object.keys(SCORES)) {
    const manifest = championManifest(topology, version, NO_REFERENCE, Buffer.from(version));
    await registry.register(
      { ...manifest, status: version === 'v3' ? 'rejected' : 'retired' },
      Buffer.from(version),
    );
  }
  const commands = await modelCommands(topology, {
    log,
    codec,
    registry,
    gate: run.host.gate,
    artifacts: run.host.artifacts,
    waitMs: 20_000,
    isRunning: async () => true,
    audit: run.audit,
    ...more,
  });
  return {
    run,
    topology,
    commands,
    async send(id, partition, at) {
      const value = encoder.encode(orderEvent(order(id, 'ann', 10, at)));
      await run.play([{ key: null, value, timestampMs: at, partition }], false);
    },
    async champions() {
      const manifests = await commands.list(topology.name);
      return manifests.filter(({ status }) => status === 'champion').map(({ version }) => version);
    },
  };
}

for (const mode of ['live', 'aligned'] as const) {
  t.test(`${mode}: partitions without events take a model, and the command waits for it`, async (t) => {
    const { run, commands, send } = await start(mode);
    t.same(await commands.promote('orders', 'v1', BY), { version: 'v1', outcome: 'taken', waiting: [] });
    for (let partition = 0; partition < PARTITIONS; partition++)
      await send(`a${partition}`, partition, minutes(1));
    t.equal((await commands.promote('orders', 'v2', BY)).outcome, 'taken');
    await send('b', 0, minutes(2));
    t.equal((await commands.rollback('orders', BY)).version, 'v1');
    for (let partition = 0; partition < PARTITIONS; partition++)
      await send(`c${partition}`, partition, minutes(3));
    t.equal((await commands.promote('orders', 'v1', BY)).outcome, 'taken', 'a version promoted once more');
    const versions = new Map((await run.stop()).map(({ key, version }) => [key, version]));
    t.same(Object.fromEntries(versions), {
      a0: 'v1',
      a1: 'v1',
      a2: 'v1',
      b: 'v2',
      c0: 'v1',
      c1: 'v1',
      c2: 'v1',
    });
  });
}

t.test('the audit log has who changed the champion, and what it was before', async (t) => {
  const { run, commands } = await start();
  // The registry has the statuses of this machine, which follow an engine: here they name another champion.
  await run.registry.setStatus('orders', 'v3', 'champion');
  await commands.promote('orders', 'v1', BY);
  await commands.promote('orders', 'v2', BY);
  await run.registry.setStatus('orders', 'v1', 'retired');
  const { version } = await commands.rollback('orders', BY);
  const models = ({ action, subject, before, after, ...by }: Change): unknown => ({
    action,
    subject,
    before,
    after,
    by,
  });
  const change = (action: string, from: string | null, to: string): unknown => ({
    action,
    subject: `model ${to}`,
    before: from === null ? null : { champion: from },
    after: { champion: to, sha256: createHash('sha256').update(to).digest('hex') },
    by: BY,
  });
  t.same(run.audit.changes.map(models), [
    change('promotion', null, 'v1'),
    change('promotion', 'v1', 'v2'),
    change('rollback', 'v2', version),
  ]);
  await run.stop();
});

t.test('a partition that does not take it in time is named', async (t) => {
  const { run, commands, topology } = await start('live', { waitMs: 0 });
  const { outcome, waiting } = await commands.promote('orders', 'v1', BY);
  t.equal(outcome, 'waiting');
  t.same(waiting, [0, 1, 2]);
  await run.until(() => run.host.models.champion?.version === 'v1');
  t.equal((await commands.promote('orders', 'v2', BY, 20_000)).outcome, 'taken');
  await run.stop();
  t.equal(topology.name, 'orders');
});

t.test('without an engine the promotion is published', async (t) => {
  const run = new LearningRun({
    topology: topologyOf('live'),
    codec,
    script: {},
    control: 'fleet',
    scoreOf: () => 0,
  });
  await run.start();
  await run.host.stop();
  const topology = topologyOf('live');
  await run.registry.register(
    championManifest(topology, 'v1', NO_REFERENCE, Buffer.from('v1')),
    Buffer.from('v1'),
  );
  const { log, registry } = run;
  const isRunning = async (): Promise<boolean> => (await log.memberCount('millrace.orders', 'orders')) > 0;
  const commands = await modelCommands(topology, {
    log,
    codec,
    registry,
    gate: run.host.gate,
    artifacts: run.host.artifacts,
    waitMs: 20_000,
    isRunning,
    audit: run.audit,
  });
  t.same(await commands.promote('orders', 'v1', BY), { version: 'v1', outcome: 'no-engine', waiting: [] });
  await log.close();
});

t.test('what engines would refuse is refused by the command, and never listed as champion', async (t) => {
  const { run, commands, topology, champions } = await start('live', {}, (version) =>
    version === 'v3' ? 'the graph has no output' : null,
  );
  await commands.promote('orders', 'v1', BY);
  const fine = championManifest(topology, 'v8', NO_REFERENCE, Buffer.from(''));
  const { registry } = run;
  await registry.register({ ...fine, version: 'v8', status: 'retired', task: 'regression' }, Buffer.from(''));
  const swapped = { ...fine, features: fine.features.toReversed() };
  await registry.register({ ...swapped, version: 'v9', status: 'retired' }, Buffer.from(''));
  await registry.register({ ...fine, version: 'v10', status: 'retired', sha256: 'af' }, Buffer.from('?'));
  const [before] = await run.log.offsets(topicsOf(topology).modelUpdates);
  await t.rejects(commands.promote('orders', 'v3', BY), { code: 'MODEL_INVALID', message: /no output/ });
  await t.rejects(commands.promote('orders', 'v8', BY), {
    code: 'MODEL_INVALID',
    message: /task 'regression'/,
  });
  await t.rejects(commands.promote('orders', 'v9', BY), { code: 'MODEL_INVALID', message: /another order/ });
  await t.rejects(commands.promote('orders', 'v10', BY), { code: 'MODEL_INVALID', message: /do not match/ });
  await t.rejects(commands.promote('orders', 'v99', BY), { code: 'MODEL_UNKNOWN' });
  await t.rejects(commands.promote('payments', 'v2', BY), {
    code: 'MODEL_UNKNOWN',
    message: /does not run here/,
  });
  await t.rejects(commands.rollback('payments', BY), { code: 'MODEL_UNKNOWN' });
  t.same(await run.log.offsets(topicsOf(topology).modelUpdates), [before], 'nothing was published');
  t.same(await champions(), ['v1']);
  await run.stop();
});

t.test('a model that the engine alone refuses is reported, and the champion stays', async (t) => {
  let isEngine = false;
  const { run, commands, topology, send, champions } = await start('live', {}, (version) =>
    isEngine && version === 'v2' ? 'out of memory' : null,
  );
  await commands.promote('orders', 'v1', BY);
  const { log, registry } = run;
  const encoder = await codec.encoder<ModelUpdateRecord>(`${topicsOf(topology).modelUpdates}-value`);
  isEngine = true;
  const trusting = await modelCommands(topology, {
    log,
    codec,
    registry,
    gate: { check: async () => undefined },
    artifacts: run.host.artifacts,
    waitMs: 20_000,
    isRunning: async () => true,
    audit: run.audit,
  });
  await t.rejects(trusting.promote('orders', 'v2', BY), {
    code: 'MODEL_INVALID',
    message: /refused v2.*out of memory/,
  });
  t.same(await champions(), ['v1']);
  // A trainer registers its candidate as champion before any engine has loaded it.
  const trained = championManifest(topology, 'v4', NO_REFERENCE, Buffer.from('v4'));
  await registry.register(trained, Buffer.from('v4'));
  const damaged = packUpdate({ ...trained, sha256: 'af' }, Buffer.from('v4'), 'volume: 9 rows', 0);
  await log.publish(topicsOf(topology).modelUpdates, [
    { key: Buffer.from('orders/v4'), value: encoder.encode(damaged), timestampMs: 0 },
  ]);
  await t.resolves(
    run.until(() => run.telemetry.lines.filter((line) => /is refused/.test(line)).length === 2),
  );
  while ((await champions()).length > 1) await new Promise((resolve) => setTimeout(resolve, 5));
  t.same(await champions(), ['v1']);
  await send('a', 0, minutes(1));
  // The next start finds the refused ones newest in the topic, and goes on with the one before them.
  await run.host.stop();
  await run.start();
  t.equal(run.host.models.champion?.version, 'v1');
  await send('b', 1, minutes(2));
  t.same(
    (await run.stop()).map(({ version }) => version),
    ['v1', 'v1'],
  );
});
