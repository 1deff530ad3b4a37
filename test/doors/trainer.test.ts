// A trainer that is written outside src: a user's module runs in the training thread, and its models pass the gate.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { defineTrainer, minutes } from 'millrace';
import type { Row } from 'millrace/testing';
import { millrace } from '../support/cli.ts';
import { logistic } from './signups/logistic.ts';

const PROJECT = 'test/doors/signups/signups.ts';
const folder = t.testdir();
const VISITS = 5_000;

/** A visit every two minutes: the more pages, the more likely a sign-up. */
function events(): Row[] {
  let state = 3;
  const draw = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const rows: Row[] = [];
  for (let i = 0; i < VISITS; i += 1) {
    const at = Date.UTC(2024, 0, 1) + minutes(2 * i);
    const pages = Math.floor(10 * draw());
    const seconds = draw() < 0.1 ? null : 600 * draw();
    const signedUp = draw() < 1 / (1 + Math.exp(3 - 0.8 * pages)) ? 1 : 0;
    rows.push({ type: 'visit', id: String(i), pages, seconds, at });
    rows.push({ type: 'left', id: String(i), signedUp, at: at + minutes(1) });
  }
  return rows;
}

interface Report {
  readonly retrainings: ReadonlyArray<{
    readonly verdict: string;
    readonly why: string;
    readonly rows: { readonly train: number; readonly validation: number; readonly gate: number };
  }>;
  readonly quality: { readonly loop: Readonly<Record<string, number>> };
  readonly predictionsSha256: string;
}

async function run(name: string): Promise<Report> {
  const file = join(folder, 'visits.ndjson');
  const report = join(folder, `${name}.json`);
  writeFileSync(
    file,
    events()
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  );
  const args = ['start', PROJECT, '--events', file, '--exit', '--report', report];
  const settings = { MILLRACE_DATA: join(folder, name) };
  const { code, stderr } = await millrace(args, settings);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(report, 'utf8')) as Report;
}

t.test('its models are trained in the worker, compared by the gate, and promoted', async (t) => {
  const { retrainings, quality, predictionsSha256 } = await run('once');
  const [first] = retrainings;
  t.match(first, { verdict: 'promoted' });
  t.match(first?.why, /^log loss 0\.\d{4} against 0\.\d{4} of the base rate on \d+ newest rows/);
  t.match(
    first?.why,
    /Descended \d+ of 200 steps, then fitted again on all rows, those of the gate included\.$/,
  );
  const rows = first?.rows ?? { train: 0, validation: 0, gate: 0 };
  t.ok(rows.validation > 100, 'it has requested validation rows');
  t.ok(retrainings.length >= 2, `${retrainings.length} trainings`);
  t.ok((quality.loop['auc'] ?? 0) > 0.85, `AUC ${quality.loop['auc']}`);
  t.equal((await run('again')).predictionsSha256, predictionsSha256, 'two runs have the same predictions');
  const shown = await millrace(['models', 'show', PROJECT, 'v1', '--data', join(folder, 'once', 'start')]);
  t.match(shown.stdout, /^trainer +logistic \{"steps":200,"learningRate":0\.5\}$/m);
});

t.test('parameters are checked when the trainer is created', (t) => {
  t.same(logistic().params, { steps: 300, learningRate: 0.5 });
  const message = (params: object): string => {
    try {
      logistic(params);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  t.match(message({ step: 5 }), /no parameter 'step'; did you mean 'steps'\? \(trainer logistic\)/);
  t.match(message({ steps: '5' }), /parameter 'steps' is of kind string, not number/);
  t.match(message({ steps: 0 }), /steps is 0, not 1 or more/);
  t.throws(defineTrainer({ name: 'Logistic', module: new URL(import.meta.url), tasks: [], defaults: {} }), {
    code: 'TOPOLOGY_INVALID',
    message: /its name is not lower-case/,
  });
  // @ts-expect-error there is no such parameter
  t.throws(() => logistic({ stepz: 1 }));
  t.end();
});
