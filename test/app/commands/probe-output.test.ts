// `millrace models probe --output`: of a model of several classes the probability of one is moved, apart from the others.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { ProbeReport } from '../../../src/core/probe-report.ts';
import { oneOutput, probedOutput } from '../../../src/learning/probe/one-output.ts';
import { KINDS, rideEvents } from '../../integration/task-topologies.ts';
import { millrace } from '../../support/cli.ts';

/** Several processes, on a machine that is busy. */
t.setTimeout(180_000);

const TOPOLOGY = 'test/support/ride-kinds.ts';
const folder = mkdtempSync(join(tmpdir(), 'millrace-probe-output-'));
t.teardown(() => rmSync(folder, { recursive: true }));

t.test('an output by its name, and the value where there are quantiles', async (t) => {
  const classes = { name: 'class', low: 0, high: 1, classes: ['a', 'b', 'c'] };
  t.same(probedOutput(classes, 'c'), { name: 'c', at: 2, count: 3 });
  t.throws(() => probedOutput(classes, null), { code: 'CONFIG_INVALID', remedy: /--output: a, b, c\./ });
  t.throws(() => probedOutput(classes, 'd'), { code: 'CONFIG_INVALID', message: /no output 'd'/ });
  const quantiles = { name: 'value', low: 0, high: 9, quantiles: [0.1, 0.9] };
  t.same(probedOutput(quantiles, null), { name: 'value', at: 0, count: 3 });
  t.same(probedOutput(quantiles, 'q0.9'), { name: 'q0.9', at: 2, count: 3 });
  const one = { name: 'probability', low: 0, high: 1 };
  t.same(probedOutput(one, null), { name: null, at: 0, count: 1 });
  t.throws(() => probedOutput(one, 'a'), { code: 'CONFIG_INVALID' });
  const all = async (): Promise<Float32Array> => Float32Array.of(0.5, 0.25, 0.25, 0, 0.75, 0.25);
  t.same(
    await oneOutput(all, probedOutput(classes, 'b'))(new Float32Array(2), 2),
    Float32Array.of(0.25, 0.75),
  );
});

t.test('each class of a model of classes', async (t) => {
  const events = join(folder, 'rides.ndjson');
  writeFileSync(
    events,
    rideEvents(700)
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  );
  const run = await millrace(['start', TOPOLOGY, '--events', events, '--exit'], { MILLRACE_DATA: folder });
  t.equal(run.code, 0, run.stderr);
  const settings = { MILLRACE_DATA: join(folder, 'start') };
  const probe = (...options: readonly string[]): ReturnType<typeof millrace> =>
    millrace(['models', 'probe', TOPOLOGY, 'v1', ...options], settings);
  const which = await probe();
  t.equal(which.code, 1);
  t.match(which.stderr, /CONFIG_INVALID: each class has a probability .*--output: sedan, van, truck\./);
  const means: number[] = [];
  for (const kind of KINDS) {
    const { code, stdout, stderr } = await probe('--output', kind, '--json', '--rows', '100');
    t.equal(code, 0, stderr);
    const report = JSON.parse(stdout) as ProbeReport;
    t.match(report.options, { output: kind, threshold: 0.5 });
    t.ok(
      report.inputs.some(({ moved }) => moved.max > 0),
      'the probability moves',
    );
    means.push(report.scores.mean);
  }
  const sum = means.reduce((total, mean) => total + mean, 0);
  t.ok(Math.abs(sum - 1) < 1e-3, `the mean probabilities of the classes add up to 1: ${means.join()}`);
  const shown = await millrace(['models', 'show', TOPOLOGY, 'v1'], settings);
  t.match(shown.stdout, /^Scores of 'truck': mean 0\./m);
});
