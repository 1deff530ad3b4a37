// A topology with two targets on the embedded adapters: models are trained and swapped for each, and survive a restart; scores are
// those of the models over the logged vectors, and all figures those of two topologies with one target each.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import t, { type Test } from 'tap';
import { openFormat } from '../../../src/app/compose/adapters.ts';
import { RunningTopology } from '../../../src/app/compose/running-topology.ts';
import type { RunReport, TopologyReport } from '../../../src/app/compose/run-report.ts';
import { readConfig } from '../../../src/app/settings/config.ts';
import type { ModelManifest } from '../../../src/core/reports.ts';
import { openPredictionDecoder } from '../../../src/runtime/prediction-decoder.ts';
import type { PredictionRecord } from '../../../src/runtime/records.ts';
import type { Row } from '../../../src/testing/index.ts';
import type { Topology } from '../../../src/index.ts';
import { topicsOf } from '../../../src/topology/topics.ts';
import { commandsOf, shellBlock } from '../../docs/pages.ts';
import { millrace } from '../../support/cli.ts';
import { rideTargets, type RideTargets } from '../../integration/target-topologies.ts';
import { KINDS, rideEvents } from '../../integration/task-topologies.ts';

t.setTimeout(240_000);

const RIDES = 480;
const RIDES_MORE = 40;
const rows = rideEvents(RIDES + RIDES_MORE);
const start = (ride: number): number => rows.findIndex(({ id }) => id === String(ride));
const [first, more] = [rows.slice(0, start(RIDES)), rows.slice(start(RIDES))];

function configOf(folder: string): ReturnType<typeof readConfig> {
  return readConfig({ MILLRACE_DATA: folder, MILLRACE_PORT: '0', MILLRACE_LOG_LEVEL: 'silent' });
}

async function open(folder: string, which: RideTargets): Promise<RunningTopology> {
  const topology = rideTargets('rides', which);
  return RunningTopology.start(configOf(folder), topology, {
    eventsInMemory: false,
    serve: which === 'both',
  });
}

/** Sends rides, and waits until every target has committed them. */
async function play(running: RunningTopology, events: readonly Row[]): Promise<void> {
  const { host, adapters } = running;
  const { topic } = host.topology.source;
  const encoder = await openFormat(host.topology, adapters.schemas).encoder();
  const records = events.map((row) => ({
    key: null,
    value: Buffer.from(encoder.encode(row)),
    timestampMs: row['at'] as number,
    partition: 0,
  }));
  await adapters.log.publish(topic, records);
  running.sourceEnded();
  await running.committed(await adapters.log.offsets(topic));
}

async function predictionsOf({ adapters }: RunningTopology, target: Topology): Promise<PredictionRecord[]> {
  const topics = topicsOf(target);
  const decoder = await openPredictionDecoder(adapters.codec, topics);
  const found: PredictionRecord[] = [];
  const [range] = await adapters.log.offsets(topics.predictions);
  for await (const raw of adapters.log.read(topics.predictions, 0, 0, range?.high ?? 0))
    for (const value of raw.values) if (value !== null) found.push({ ...(await decoder.decode(value)) });
  return found;
}

async function reported(running: RunningTopology, folder: string): Promise<TopologyReport> {
  const file = join(folder, 'report.json');
  await running.stop();
  await running.report(null, file);
  return JSON.parse(readFileSync(file, 'utf8')) as TopologyReport;
}

/** What must be the same for a target and for a topology that has it alone: all but times by the clock. */
function comparable({ predictionsSha256, labels, retrainings, models, quality, drift }: RunReport): unknown {
  const trainings = retrainings.map(({ seconds: _seconds, ...training }) => training);
  return { predictionsSha256, labels, trainings, models, quality, drift };
}

interface Fetched {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function asked(running: RunningTopology, path: string, body?: object): Promise<Fetched> {
  const init =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(new URL(path, running.url ?? ''), init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** The first frame of a type that a subscriber of a target gets. */
async function frame(running: RunningTopology, topology: string): Promise<Record<string, unknown>> {
  const url = new URL('/ws', running.url ?? '');
  url.protocol = 'ws:';
  const socket = new WebSocket(`${url.href}?topology=${topology}&after=rides-0-0`);
  try {
    return await new Promise((resolve, reject) => {
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as Record<string, unknown>;
        if (message['type'] === 'predictions') resolve(message);
        if (message['type'] === 'error') reject(new Error(String(data)));
      });
      socket.addEventListener('error', () => reject(new Error('the socket failed')));
    });
  } finally {
    socket.close();
  }
}

/** Scores the logged vectors with the file of each version, and compares. */
async function equalToOnnx(
  t: Test,
  running: RunningTopology,
  target: Topology,
  folder: string,
): Promise<void> {
  const { name, features, task } = target;
  const width = features?.features.length ?? 0;
  await running.adapters.history.flush();
  const logged = await running.adapters.history.trainingSet({
    topology: name,
    fromMs: 0,
    untilMs: Number.MAX_SAFE_INTEGER,
    rowsMax: 10_000,
    width,
    isLabelled: false,
  });
  const predictions = new Map(
    (await predictionsOf(running, target)).map((record) => [record.eventTime, record]),
  );
  t.equal(logged.rowCount, predictions.size, `${name}: every prediction has a vector`);
  const sessions = new Map<string, InferenceSession>();
  let compared = 0;
  for (let row = 0; row < logged.rowCount; row += 1) {
    const record = predictions.get(logged.eventTimeMs[row] as number);
    if (record === undefined || (record.flags & 1) !== 0) continue;
    const file = join(folder, 'models', name, record.version, 'model.onnx');
    const session = sessions.get(record.version) ?? (await InferenceSession.create(file));
    sessions.set(record.version, session);
    const values = logged.features.slice(row * width, (row + 1) * width);
    const output = await session.run({
      [session.inputNames[0] as string]: new Tensor('float32', values, [1, width]),
    });
    const scored = output[session.outputNames[0] as string] as Tensor; // the model has it
    const data = [...(scored.data as Float32Array)];
    const expected = task.name === 'multiclass' ? Math.max(...data) : (data[0] as number);
    if (Math.abs(record.score - expected) > 1e-5 * Math.max(1, Math.abs(expected)))
      t.fail(`${name} ${record.id}: ${record.score}, by its model ${expected}`);
    compared += 1;
  }
  t.ok(compared > RIDES / 5, `${name}: ${compared} scores of models`);
}

async function championsOf(running: RunningTopology): Promise<Array<string | undefined>> {
  return running.targets.map(({ models }) => models.champion?.version);
}

await t.test('two targets are two topologies with one each', async (t) => {
  const folder = t.testdir();
  const running = await open(join(folder, 'both'), 'both');
  const [kind, minutes] = running.targets.map(({ topology }) => topology) as [Topology, Topology];
  t.same([kind.name, minutes.name], ['rides-both', 'rides-both.minutes']);
  await play(running, first);

  await t.test('each has predictions, labels and a model of its own', async (t) => {
    const [kinds, times] = [await predictionsOf(running, kind), await predictionsOf(running, minutes)];
    t.same([kinds.length, times.length], [RIDES, RIDES]);
    const [kindIds, timeIds] = [kinds, times].map((records) => records.map(({ id }) => id));
    t.same(kindIds, timeIds, 'of the same events');
    t.ok(kinds.every(({ outputs }) => outputs?.length === KINDS.length));
    t.ok(times.every(({ outputs }) => outputs === undefined || outputs.length === 0));
    t.ok(times.filter(({ score }) => score > 500).length > RIDES / 10, 'values in minutes');
    t.same(
      running.targets.map(({ engine: { stats } }) => stats.labelsJoined),
      [RIDES - RIDES / 40, RIDES],
    );
    t.same(
      (await championsOf(running)).map((version) => version !== undefined),
      [true, true],
    );
  });

  await t.test('the port names targets', async (t) => {
    const models = async (query: string): Promise<readonly ModelManifest[]> =>
      (await asked(running, `/api/models${query}`)).body['models'] as readonly ModelManifest[];
    const [ofKind] = await models('?target=kind');
    const [ofMinutes] = await models('?target=minutes');
    t.match(ofKind, { topology: 'rides-both', target: 'kind', task: 'multiclass' });
    t.match(ofMinutes, { topology: 'rides-both.minutes', target: 'minutes', task: 'regression' });
    t.same(await models(''), await models('?target=kind'), 'the main target by default');
    t.match(await asked(running, '/api/models?target=minute'), {
      status: 404,
      body: { error: { code: 'TARGET_UNKNOWN', message: /did you mean 'minutes'/ } },
    });
    t.match(await asked(running, '/api/models/promote', { version: 'v1' }), {
      status: 400,
      body: { error: { code: 'TARGET_MISSING' } },
    });
    const version = ofMinutes?.version ?? '';
    t.match(await asked(running, '/api/models/promote', { target: 'minutes', version }), {
      status: 200,
      body: { topology: 'rides-both.minutes', champion: version, outcome: 'taken' },
    });
    const state = async (query: string): Promise<unknown> =>
      (await asked(running, `/api/state${query}`)).body;
    t.match(await state(''), { topology: 'rides-both', target: 'kind', targets: ['kind', 'minutes'] });
    t.match(await state('?target=minutes'), { topology: 'rides-both.minutes', targets: ['kind', 'minutes'] });
    t.match(await frame(running, 'rides-both'), { items: [{ outputs: Array }] });
    t.match(await frame(running, 'rides-both.minutes'), { items: [{ score: Number }] });
  });

  await t.test('scores are those of the files over the logged vectors', async (t) => {
    for (const { topology } of running.targets) await equalToOnnx(t, running, topology, join(folder, 'both'));
  });

  await t.test('figures are those of topologies with one target', async (t) => {
    const both = await reported(running, folder);
    await running.close();
    for (const which of ['kind', 'minutes'] as const) {
      const alone = await open(join(folder, which), which);
      await play(alone, first);
      const expected = await reported(alone, folder);
      await alone.close();
      t.same(
        comparable(which === 'kind' ? both : (both.targets?.[which] as RunReport)),
        comparable(expected),
        which,
      );
      t.ok(expected.retrainings.some(({ verdict }) => verdict === 'promoted'));
    }
  });

  await t.test('a restart has both champions', async (t) => {
    const again = await open(join(folder, 'both'), 'both');
    const champions = await championsOf(again);
    t.notOk(champions.includes(undefined));
    await play(again, more);
    for (const [i, { topology }] of again.targets.entries()) {
      const records = await predictionsOf(again, topology);
      t.equal(records.length, RIDES + RIDES_MORE);
      t.equal(new Set(records.map(({ id }) => id)).size, records.length, 'each once');
      t.equal(records.at(-1)?.version, champions[i]);
      await equalToOnnx(t, again, topology, join(folder, 'both'));
    }
    await again.close();
  });

  await t.test('the commands of the guide', async (t) => {
    const file = join(folder, 'topology.ts');
    const module = resolve(import.meta.dirname, '../../integration/target-topologies.ts');
    writeFileSync(
      file,
      `import { rideTargets } from '${module}';\nexport default rideTargets('rides', 'both');\n`,
    );
    const settings = { MILLRACE_DATA: join(folder, 'both'), MILLRACE_LOG_LEVEL: 'silent' };
    const said: string[] = [];
    for (const command of commandsOf(shellBlock('docs/guide/tasks.md', 'Several targets'))) {
      const words = command.replace('npx millrace ', '').replace('--target amount', '--target minutes');
      const args = words.replace('topologies/payments.ts', file).split(' ');
      const { code, stdout, stderr } = await millrace(args, settings);
      t.equal(code, 0, stderr);
      said.push(stdout);
    }
    t.match(said[0], /^rides-both\n.*v1.*\n\nrides-both\.minutes\n.*v1/s);
    t.match(said[1], /v1 .* ok/);
    t.match(said[2], /rides-both\.minutes: promoted v1\. No engine runs/);
    const refused = await millrace(['models', 'rollback', file], settings);
    t.match(refused.stderr, /the topology has several targets: kind, minutes/);
  });
});
