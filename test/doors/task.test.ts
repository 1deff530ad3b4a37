// A learning task and a trainer that are written outside src: labels are joined, models are trained, compared and promoted,
// and all reports have the figures of the task.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { defineTopology, hours, labels, mlp, minutes } from 'millrace';
import { TopologyDriver, type Row } from 'millrace/testing';
import { millrace } from '../support/cli.ts';
import { runEngine } from '../support/running-engine.ts';
import { regression } from './rides/regression.ts';
import rides from './rides/rides.ts';

const PROJECT = 'test/doors/rides/rides.ts';
const folder = t.testdir();
const RIDES = 6_000;

/** A separate generator, so that every run has the same rides. */
function draws(): () => number {
  let state = 7;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** A ride every two minutes. In the second half every ride takes a third longer, which a model has to learn. */
function events(): Row[] {
  const draw = draws();
  const rows: Row[] = [];
  for (let i = 0; i < RIDES; i += 1) {
    const at = Date.UTC(2024, 0, 1) + minutes(2 * i);
    const km = 1 + 19 * draw();
    const slow = i < RIDES / 2 ? 1 : 4 / 3;
    const taken = (4 + 2 * km) * slow + 2 * (draw() - 0.5);
    const head = { id: String(i), zone: i % 3 === 0 ? 'north' : 'south' };
    rows.push({ ...head, type: 'started', km, at });
    rows.push({ ...head, type: 'ended', minutes: taken, at: at + Math.round(minutes(taken)) });
  }
  return rows.sort((a, b) => Number(a['at']) - Number(b['at']));
}

interface Report {
  readonly labels: { readonly joined: number };
  readonly fallbacks: number;
  readonly retrainings: ReadonlyArray<{
    readonly verdict: string;
    readonly why: string;
    readonly reason: string;
  }>;
  readonly models: ReadonlyArray<Readonly<Record<string, number>>>;
  readonly quality: Readonly<Record<'loop' | 'frozen', Readonly<Record<string, number>>>>;
}

t.test('the learning loop maintains a regression, end to end', async (t) => {
  const file = join(folder, 'rides.ndjson');
  const report = join(folder, 'report.json');
  writeFileSync(
    file,
    events()
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  );
  const args = ['start', PROJECT, '--events', file, '--exit', '--report', report];
  const { code, stdout, stderr } = await millrace(args, { MILLRACE_DATA: folder });
  t.equal(code, 0, stderr);
  t.match(stdout, /^loop +mean absolute error \d\.\d{3} min, RMSE \d\.\d{3} min over \d+ labels$/m);
  const { labels: joined, retrainings, models, quality } = JSON.parse(readFileSync(report, 'utf8')) as Report;
  t.ok(joined.joined > RIDES - 50, `${joined.joined} labels of ${RIDES} rides`);
  t.ok(retrainings.length >= 4, `${retrainings.length} trainings`);
  const [first, ...later] = retrainings;
  t.match(first, { verdict: 'promoted' });
  t.match(
    first?.why,
    /^absolute error 0\.\d{3} against \d\.\d{3} of the median on \d+ newest rows, lower by/,
  );
  t.match(first?.why, /, mean absolute error 0\.\d{3} min against/);
  t.match(first?.why, /Solved 3 equations from \d+ rows, then fitted again on all rows/);
  t.ok(
    later.some(({ verdict, why }) => verdict === 'promoted' && /of the champion v\d/.test(why)),
    'a later model has replaced the first',
  );
  t.ok(
    retrainings.some(({ reason }) => reason === 'performance: the absolute error has drifted'),
    'longer rides are detected',
  );
  for (const { mae, rmse } of models) t.ok((mae ?? NaN) > 0 && (mae ?? NaN) <= (rmse ?? NaN));
  const { loop, frozen } = quality;
  t.ok((loop['mae'] ?? NaN) < (frozen['mae'] ?? NaN) - 1, `loop ${loop['mae']}, frozen ${frozen['mae']}`);
  const listed = await millrace(['models', 'list', PROJECT, '--data', join(folder, 'start')]);
  t.match(listed.stdout, /^version +status +trained at +mean absolute error +RMSE +reason$/m);
  const shown = await millrace(['models', 'show', PROJECT, 'v1', '--data', join(folder, 'start'), '--json']);
  t.match(JSON.parse(shown.stdout), {
    task: 'duration',
    trainer: { name: 'least-squares', params: { ridge: 1e-4 } },
    gate: { share: 0.3, confidence: 0.9, tolerance: 0.05, refit: true },
  });
});

t.test('an engine serves its figures', async (t) => {
  const engine = await runEngine(['run', PROJECT], join(folder, 'served'));
  const state = await (await fetch(`${engine.url}api/state`)).json();
  t.match(state, {
    output: { low: null, high: null },
    figures: [
      { name: 'mae', title: 'mean absolute error', better: 'lower', digits: 3, unit: 'min' },
      { name: 'rmse', title: 'RMSE' },
    ],
  });
  t.equal(await engine.stop(), 0);
});

t.test('labels are read by the task, whatever their magnitude', async (t) => {
  const driver = new TopologyDriver(rides, {});
  const at = Date.UTC(2024, 0, 1);
  await driver.send([
    { type: 'started', id: 'a', zone: 'north', km: 3, at },
    { type: 'ended', id: 'a', zone: 'north', minutes: 644.5, at: at + minutes(644) / 2 },
  ]);
  t.same(
    driver.labels.map(({ key, label, score }) => [key, label, score]),
    [['a', 644.5, 15]],
  );
});

t.test('invalid combinations are rejected when the topology is defined', (t) => {
  const { name, source, stages } = rides;
  const define = (changes: object) => (): unknown =>
    defineTopology({ name, source, stages, retraining: true, ...changes });
  t.throws(define({}), {
    code: 'TOPOLOGY_INVALID',
    message: /trainer 'mlp' cannot train for task 'duration': it supports binary, multiclass, regression/,
  });
  t.throws(define({ retraining: { trainer: mlp() } }), { message: /trainer 'mlp' cannot train/ });
  const task = {
    ...regression({ column: 'minutes', unit: 'min' }),
    name: 'Regression!',
    fallback: Number.NaN,
  };
  const wrong = labels({ key: 'id', task, timeoutMs: hours(1) });
  t.throws(define({ retraining: false, stages: [...stages.slice(0, 3), wrong] }), {
    message:
      /the task's name 'Regression!' is not lower-case[^]*the fallback NaN of task 'Regression!' is not a finite/,
  });
  t.end();
});

t.test('a misspelt column of the label is a compiler error', (t) => {
  const column: 'minutes: number' | undefined = regression({ column: 'minutes', unit: 'min' }).label.reads[0];
  // @ts-expect-error the task says which column its label reads
  const other: 'minuets: number' | undefined = regression({ column: 'minutes', unit: 'min' }).label.reads[0];
  t.equal(column, other);
  t.end();
});
