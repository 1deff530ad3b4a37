// A program as a trainer: what it finds, what becomes of what it leaves, and that nothing of it survives its limits.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import t from 'tap';
import { external, logistic, minutes, type ExternalParams, type Trainer } from '../../../../src/index.ts';
import { TrainingThreads } from '../../../../src/app/training/training-threads.ts';
import { textColumn, type TextColumn } from '../../../../src/core/text-column.ts';
import { constantModel } from '../../../../src/learning/constant-model.ts';
import { taskCalls } from '../../../../src/learning/task-calls.ts';
import { loadTrainer } from '../../../../src/learning/load-trainer.ts';
import { features, makeExample, makeRequest, run, runtime, task } from '../../examples.ts';

const PROGRAM = join(import.meta.dirname, 'program.ts');
const folder = t.testdir();
const set = makeExample(600, 3);
process.env['MILLRACE_REDIS_PASSWORD'] = 'hunter2';
process.env['TRAINING_REGION'] = 'eu-1';

function program(params: object = {}, more: Partial<ExternalParams> = {}, width = 5): Trainer {
  const model = Buffer.from(constantModel([0.98], width)).toString('base64');
  const command = [process.execPath, PROGRAM];
  return external({ command, params: { model, ...params }, timeoutMs: minutes(2), ...more });
}

/** What a fit of the program alone fails with. */
async function failure(trainer: Trainer, signal = new AbortController().signal): Promise<string> {
  const module = await loadTrainer(trainer);
  const rows = { ...set, weights: new Float32Array(set.rowCount).fill(1) };
  const context = { task, features, params: trainer.params, champion: null };
  const request = { ...context, rows, trainCount: 500, seed: 1, runtime, signal };
  return module.fit(request).then(
    () => 'it succeeded',
    (error: unknown) => (error as Error).message,
  );
}

async function isGone(pidFile: string): Promise<boolean> {
  const pid = Number(readFileSync(pidFile, 'utf8'));
  for (let i = 0; i < 500; i += 1) {
    try {
      process.kill(pid, 0);
      // A process that nothing has waited for yet is as gone.
      if (process.platform === 'linux' && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1')))
        return true;
    } catch {
      return true;
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  return false;
}

async function readParquet(name: string): Promise<Array<Record<string, unknown>>> {
  return parquetReadObjects({ file: await asyncBufferFromFile(name) });
}

t.test('the program finds the rows and the request, and its model competes', async (t) => {
  const copyTo = t.testdir();
  const pidFile = join(folder, 'left-behind');
  const first = await run(makeRequest(set, { trainers: [logistic()] }));
  const { model, newestRowMs, trainer } = first;
  const champion = { version: 'v1', model, newestRowMs, trainer };
  const more = makeExample(600, 4, 600 * 60_000);
  more.labels.forEach((_, i) => (more.labels[i] = i % 50 === 0 ? 0 : 1));
  const trainers = [program({ copyTo, pidFile }, { inherit: ['TRAINING_REGION'] })];
  const candidate = await run(makeRequest(more, { trainers, champion }));
  t.equal(candidate.verdict, 'promote', candidate.why);
  t.same(candidate.trainer, { name: 'external', params: trainers[0]?.params });
  t.match(candidate.why, /Made by .*program\.ts, logLoss 0\.25, then fitted again on all rows/);

  const request = JSON.parse(readFileSync(join(copyTo, 'first', 'request.json'), 'utf8')) as object;
  const { train, validation, gate } = candidate.rows;
  t.match(request, {
    format: 1,
    task: 'binary',
    features,
    columns: { label: 'label', event_time: 'event_time', weight: 'weight' },
    rows: { train, validation, gate },
    seed: 5,
    champion: { version: 'v1', trainer: { name: 'logistic' } },
    refit: false,
    chosen: null,
  });
  const files = {
    train: [0, train],
    validation: [train, train + validation],
    gate: [600 - gate, 600],
  } as const;
  for (const [name, [from, to]] of Object.entries(files)) {
    const rows = await readParquet(join(copyTo, 'first', `${name}.parquet`));
    const expected = Array.from({ length: to - from }, (_, i) => {
      const at = (from + i) * more.width;
      const values = features.map((feature, column) => [feature.name, more.features[at + column]]);
      const eventTime = new Date(more.eventTimeMs[from + i] ?? 0);
      return {
        ...Object.fromEntries(values),
        label: more.labels[from + i],
        event_time: eventTime,
        weight: 1,
      };
    });
    t.same(rows, expected, name);
  }
  t.same(readFileSync(join(copyTo, 'first', 'champion.onnx')), Buffer.from(model));
  const refit = JSON.parse(readFileSync(join(copyTo, 'refit', 'request.json'), 'utf8')) as object;
  t.match(refit, { refit: true, chosen: { rounds: 7 }, rows: { train: 600, validation: 0, gate: 0 } });
  t.same(await readParquet(join(copyTo, 'refit', 'validation.parquet')), []);

  t.match(candidate.log, /== of the whole window ==\nenvironment .*"TRAINING_REGION":"eu-1"/);
  t.match(candidate.log, /== fitted again on all rows ==/);
  t.notMatch(candidate.log, /hunter2/);
  t.ok(await isGone(pidFile), 'a process that it left behind has ended');
});

t.test('rows have the ids and entities that the history gives', async (t) => {
  const copyTo = t.testdir();
  const { rowCount } = set;
  const texts = (text: (row: number) => string): TextColumn =>
    textColumn(Array.from({ length: rowCount }, (_, row) => text(row)));
  const entitiesOf = (row: number): Record<string, string> =>
    row < 10 ? {} : { card: `c${row % 7}`, shop: row % 2 === 0 ? '' : 'é "s"' };
  const identities = {
    ids: texts((row) => `flights-0-${row}`),
    keys: texts((row) => `k${row}`),
    entities: texts((row) => JSON.stringify(entitiesOf(row))),
  };
  const renamed = features.map((spec, i) => (i === 0 ? { ...spec, name: 'entity' } : spec));
  const trainers = [program({ copyTo })];
  const request = makeRequest({ ...makeExample(600, 3), identities }, { trainers, features: renamed });
  const threads = new TrainingThreads();
  const { rows: counts } = await threads.run(request, taskCalls(task), new AbortController().signal);
  await threads.close();
  t.equal(identities.ids.bytes.length, 0, 'the thread has taken the texts over');
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(join(copyTo, name, 'request.json'), 'utf8'));
  t.match(read('first'), {
    columns: { id: 'id', entity: 'entity_' },
    entities: { card: 'entity.card', shop: 'entity.shop' },
    categoryCodes: 'murmur2 & 0xffffff',
  });
  const gateFrom = counts.train + counts.validation;
  const files = [
    ['first/train', 0, counts.train],
    ['first/validation', counts.train, gateFrom],
    ['first/gate', gateFrom, rowCount],
  ] as const;
  for (const [name, from, to] of files) {
    const rows = await readParquet(join(copyTo, `${name}.parquet`));
    const wanted = Array.from({ length: to - from }, (_, i) => {
      const { card = null, shop = '' } = entitiesOf(from + i);
      return { id: `flights-0-${from + i}`, entity: `k${from + i}`, card, shop: shop === '' ? null : shop };
    });
    const found = rows.map((row) => ({
      id: row['id'],
      entity: row['entity_'],
      card: row['entity.card'] ?? null,
      shop: row['entity.shop'] ?? null,
    }));
    t.same(found, wanted, name);
  }
});

t.test('a feature may be called label', async (t) => {
  const copyTo = t.testdir();
  const renamed = features.map((spec, i) => (i === 0 ? { ...spec, name: 'label' } : spec));
  const trainers = [program({ copyTo, act: 'no model' })];
  await t.rejects(run(makeRequest(set, { trainers, features: renamed })), {
    message: /the program left no model\.onnx/,
  });
  const [row = {}] = await readParquet(join(copyTo, 'first', 'train.parquet'));
  t.same([row['label'], row['label_']], [set.features[0], set.labels[0]]);
});

t.test('what fails says why, with the end of the error output', async (t) => {
  t.match(
    await failure(program({ act: 'fail' })),
    /program\.ts \S+ ended with exit code 3: Traceback: no module named lightgbm/,
  );
  t.match(await failure(program({ act: 'bad metrics' })), /metrics\.json is no JSON/);
  const absent = external({ command: ['no-such-program-anywhere'] });
  t.match(await failure(absent), /no-such-program-anywhere .* ended with exit code 127: .*not found/);
  const alone = makeRequest(set, { trainers: [program({}, {}, 2)] });
  await t.rejects(run(alone), {
    code: 'MODEL_INVALID',
    message: /model\.onnx: .* the topology has 5 features\. Export one float32 input \[rows, 5\]/,
  });
  const both = makeRequest(set, { trainers: [program({ act: 'fail' }), logistic()] });
  const { trainer, why } = await run(both);
  t.equal(trainer.name, 'logistic');
  t.match(why, /Failed fits: external of the whole window: .*no module named lightgbm\./);
});

t.test('of a long log the beginning and the end are kept', async (t) => {
  const { log } = await run(makeRequest(set, { trainers: [program({ act: 'shout' })] }));
  t.match(log, /line 0 of many[^]*bytes left out[^]*line 19999 of many/);
  t.ok((log?.length ?? 0) < 300_000);
});

t.test('limits and an abort end the program and its children', async (t) => {
  for (const [name, params, limits, message] of [
    ['time', { act: 'hang' }, { timeoutMs: 1_500 }, /ran longer than 1\.5 s and was killed/],
    [
      'memory',
      { act: 'eat' },
      { memoryBytesMax: 300 * 1_048_576 },
      /used \d+ MiB of memory, more than 300 MiB/,
    ],
    ['abort', { act: 'hang' }, {}, /training was aborted/],
  ] as const) {
    const pidFile = join(folder, name);
    const abort = new AbortController();
    const failing = failure(program({ ...params, pidFile }, limits), abort.signal);
    if (name === 'abort') {
      while (!existsSync(pidFile)) await new Promise((done) => setTimeout(done, 20));
      abort.abort();
    }
    t.match(await failing, message);
    if (existsSync(pidFile)) t.ok(await isGone(pidFile), `${name}: its child has ended`);
  }
});

t.test('a program does not survive the engine', async (t) => {
  const pidFile = join(folder, 'orphan');
  const source = join(import.meta.dirname, '../../../../src/learning/trainers/external/run-program.ts');
  const script = `import { runProgram } from ${JSON.stringify(source)};
    const command = ['sh', '-c', 'echo $$ > ${pidFile}.new && mv ${pidFile}.new ${pidFile} && sleep 600 && :'];
    await runProgram({ command, environment: process.env, timeoutMs: 1e9, memoryBytesMax: 1e12, signal: new AbortController().signal });`;
  const engine = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  while (!existsSync(pidFile)) await new Promise((done) => setTimeout(done, 20));
  engine.kill('SIGKILL');
  t.ok(await isGone(pidFile));
});

t.test('parameters that cannot work', async (t) => {
  for (const [params, problem] of [
    [{}, /command is \[\]: give the program/],
    [{ command: [7] }, /command is \[7\]/],
    [{ command: ['x'], timeoutMs: 0 }, /timeoutMs is 0/],
    [{ command: ['x'], fits: 'some' }, /fits is 'some', not 'one' or 'every'/],
    [{ command: ['x'], memoryBytesMax: -1 }, /memoryBytesMax is -1/],
    [{ command: ['x'], inherit: ['A=B'] }, /inherit is \['A=B'\]/],
    [{ command: ['x'], cwd: '/' }, /no parameter 'cwd'/],
  ] as const)
    t.throws(() => external(params as unknown as ExternalParams), { message: problem });
});
