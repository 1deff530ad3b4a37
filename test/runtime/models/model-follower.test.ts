// What an engine makes of model updates that it cannot try, and of a version that comes again with other bytes.
import t from 'tap';
import { EmbeddedLog } from '../../../src/adapters/embedded/log.ts';
import { hours } from '../../../src/index.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import { bytesOf } from '../../../src/core/model-content.ts';
import type { TrialScorers } from '../../../src/ports/scorer.ts';
import { ModelFollower } from '../../../src/runtime/models/model-follower.ts';
import { ModelGate } from '../../../src/runtime/models/model-gate.ts';
import { ModelHub } from '../../../src/runtime/models/model-hub.ts';
import { ModelKeys } from '../../../src/runtime/models/model-keys.ts';
import { modelNeeds } from '../../../src/runtime/models/model-needs.ts';
import { packUpdate } from '../../../src/runtime/models/model-update.ts';
import type { ModelUpdateRecord } from '../../../src/runtime/records.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';
import { FakeTelemetry, fakeScorer } from '../../../src/testing/index.ts';
import { topicSpecs, topicsOf } from '../../../src/topology/topics.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { FakeQuarantine } from '../../support/fake-quarantine.ts';
import { ordersCodec, ordersTopology } from '../../support/orders.ts';

const codec = ordersCodec();
const topology = ordersTopology({ partitions: 1, control: { everyMs: hours(1), mode: 'live' } });
const { modelUpdates } = topicsOf(topology);
const encoder = await codec.encoder<ModelUpdateRecord>(`${modelUpdates}-value`);

interface Following {
  readonly hub: ModelHub;
  readonly follower: ModelFollower;
  readonly telemetry: FakeTelemetry;
  /** `version status` of each update, as the loop learns it. */
  readonly outcomes: string[];
  /** Texts of the models that were loaded. */
  readonly loaded: string[];
  /** Versions that cannot be tried at present. */
  readonly untried: Set<string>;
  readonly publish: (version: string, model?: string) => Promise<void>;
  readonly until: (holds: () => boolean) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A score of a model is the length of its text. */
async function follow(): Promise<Following> {
  const log = new EmbeddedLog({ path: null });
  await log.ensureTopics(topicSpecs(topology));
  const telemetry = new FakeTelemetry();
  const untried = new Set<string>();
  const loaded: string[] = [];
  const outcomes: string[] = [];
  const scorers: TrialScorers = {
    prepareTrial: () => undefined,
    async trial({ version }) {
      if (untried.has(version)) throw new MillraceError('MODEL_UNTRIED', 'no memory for a process');
    },
    async load(version, model, width) {
      const text = Buffer.from(await bytesOf(model)).toString();
      loaded.push(text);
      return fakeScorer(version, width, () => text.length);
    },
  };
  const hub = new ModelHub();
  const follower = new ModelFollower({
    topic: modelUpdates,
    log,
    decoder: await codec.decoder<ModelUpdateRecord>(`${modelUpdates}-value`),
    gate: new ModelGate(modelNeeds(topology), scorers, new ModelKeys(), { retriesMs: 1 }),
    telemetry,
    quarantine: new FakeQuarantine(),
    failed: (error) => telemetry.error(error.message),
    onUpdate: ({ version, status }) => outcomes.push(`${version} ${status}`),
  });
  await follower.start(hub);
  return {
    hub,
    follower,
    telemetry,
    outcomes,
    loaded,
    untried,
    async publish(version, text = version) {
      const model = Buffer.from(text);
      const update = packUpdate(championManifest(topology, version, NO_REFERENCE, model), model, 'given', 0);
      const key = Buffer.from(`${topology.name}/${version}`);
      await log.publish(modelUpdates, [{ key, value: encoder.encode(update), timestampMs: 0 }]);
    },
    async until(holds) {
      while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
    },
    async close() {
      follower.close();
      await log.close();
    },
  };
}

t.test('a model that cannot be tried is waited for, not refused', async (t) => {
  const { hub, telemetry, outcomes, untried, publish, until, close } = await follow();
  await publish('v1');
  await until(() => hub.champion?.version === 'v1');
  untried.add('v2');
  await publish('v2');
  await until(() => telemetry.conditions.size > 0);
  t.match([...telemetry.conditions], [['model_untried orders', /^v2: no memory for a process/]]);
  t.equal(hub.champion?.version, 'v1');
  t.same(outcomes, ['v1 champion'], 'it is neither taken nor refused');
  untried.clear();
  await until(() => hub.champion?.version === 'v2' && telemetry.conditions.size === 0);
  t.same(outcomes, ['v1 champion', 'v2 champion']);
  t.notOk(telemetry.lines.some((line) => /refused/.test(line)));
  await close();
});

t.test('a rollback does not wait behind a model that cannot be tried', async (t) => {
  const { hub, follower, telemetry, outcomes, untried, publish, until, close } = await follow();
  await publish('v1');
  await until(() => hub.champion?.version === 'v1');
  untried.add('v2');
  await publish('v2');
  await until(() => telemetry.conditions.size > 0);
  await publish('v1');
  await until(() => outcomes.length === 3);
  t.same(outcomes, ['v1 champion', 'v2 champion', 'v1 champion']);
  t.equal(hub.champion?.version, 'v1');
  t.same([...telemetry.conditions], []);
  await t.rejects(
    follower.load('v2'),
    { code: 'MODEL_UNTRIED' },
    'a partition waits for it, and takes no other',
  );
  await t.rejects(follower.model('v2'), { code: 'MODEL_UNTRIED' });
  await close();
});

t.test('a version that is promoted again with other bytes is loaded again', async (t) => {
  const { hub, loaded, outcomes, publish, until, close } = await follow();
  await publish('v1', 'first');
  await publish('v1', 'the second');
  await publish('v1', 'the second');
  await until(() => outcomes.length === 3);
  const scores = new Float32Array(1);
  const { champion } = hub;
  await champion?.run(new Float32Array(champion.inputWidth), 1, scores);
  t.equal(scores[0], 'the second'.length);
  t.same(loaded, ['first', 'the second'], 'promoted once more with the same bytes, it stays loaded');
  await close();
});
