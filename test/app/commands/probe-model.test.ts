// `millrace models probe` on vectors that an embedded run has logged: what it reports, where it is kept, and what is refused.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FileModelRegistry } from '../../../src/adapters/registry/file-model-registry.ts';
import { lockFolder } from '../../../src/app/compose/folder-lock.ts';
import { loadTopology } from '../../../src/app/compose/load-topology.ts';
import type { ProbedInput, ProbeReport } from '../../../src/core/probe-report.ts';
import { NO_REFERENCE } from '../../../src/stats/drift-reference.ts';
import { championManifest } from '../../../bench/fleet/champion-manifest.ts';
import { millrace } from '../../support/cli.ts';
import { commandsOf, shellBlock } from '../../docs/pages.ts';
import { softsignModel } from '../../support/softsign-model.ts';

/** Several processes, on a machine that is busy. */
t.setTimeout(180_000);

const TOPOLOGY = 'templates/payments/topologies/payments.ts';
const EVENTS = 120;
const folder = mkdtempSync(join(tmpdir(), 'millrace-probe-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const data = join(folder, 'start');
const settings = { MILLRACE_DATA: data };
const registry = new FileModelRegistry(join(data, 'models'));
const topology = await loadTopology(TOPOLOGY);
const names = topology.features?.features.map(({ name }) => name) ?? [];
/** The score rises with the amount, and with the payments of the card. */
const weights: Readonly<Record<string, number>> = { amount: 0.001, 'card.payments_1h': 0.2 };
const model = softsignModel(Float32Array.from(names, (name) => weights[name] ?? 0));

const events = Array.from({ length: EVENTS }, (_, i) => ({
  type: 'payment',
  id: `p${i}`,
  card: `card-${i % 7}`,
  merchant: `shop-${i % 3}`,
  amount: i === 0 ? 50_000 : 10 + i,
  disputed: null,
  at: Date.UTC(2026, 0, 5) + i * 60_000,
}));

let lastText = '';

function probe(...options: readonly string[]): ReturnType<typeof millrace> {
  return millrace(['models', 'probe', TOPOLOGY, 'v1', ...options], settings);
}

t.test('without vectors there is nothing to change', async (t) => {
  const manifest = championManifest(topology, 'v1', NO_REFERENCE, model);
  await registry.register(manifest, model);
  const { code, stderr } = await probe();
  t.equal(code, 1);
  t.match(stderr, /^millrace: CONFIG_INVALID: the history has no vectors/m);
  rmSync(data, { recursive: true });
  const file = join(folder, 'events.ndjson');
  writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  const run = await millrace(['start', TOPOLOGY, '--events', file, '--exit'], { MILLRACE_DATA: folder });
  t.equal(run.code, 0, run.stderr);
  await registry.register(manifest, model);
});

t.test('inputs that the event sets, and those of windows', async (t) => {
  const files = ['manifest.json', 'model.onnx'].map((name) => join(data, 'models/payments/v1', name));
  const before = files.map((name) => statSync(name).mtimeMs);
  // The command of the guide, for the version that there is.
  const [command = ''] = commandsOf(shellBlock('docs/guide/models.md', 'Probe a version'));
  const [, , , , file, , ...options] = command.split(' ');
  t.ok(TOPOLOGY.endsWith(`/${file}`));
  const { code, stdout, stderr } = await probe(...options, '--json', '--rows', '100');
  t.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as ProbeReport;
  t.match(report.options, {
    rows: 100,
    newest: EVENTS,
    seed: 1,
    threshold: 0.4,
    columns: ['amount', 'merchant'],
  });
  const byName = new Map<string, ProbedInput>(report.inputs.map((input) => [input.features.join(), input]));
  t.match(byName.get('amount'), { steering: 'event', columns: ['amount'], low: 0, high: 50_000 });
  t.match(byName.get('merchant'), { steering: 'event', step: null, moved: { max: 0 } });
  t.match(byName.get('card.payments_1h'), { steering: 'window', columns: [] });
  t.match(byName.get('card.amount_7d'), { steering: 'window', columns: ['amount'] });
  t.equal((byName.get('card.payments_1h')?.step ?? 0) % 1, 0);
  t.ok((byName.get('amount')?.moved.max ?? 0) > 0);
  t.equal(report.greedy.used[0]?.features.join(), 'amount', 'the only one of the event that matters');
  t.ok(report.greedy.moved.mean > 0);
  t.ok(report.greedy.targets > 0);
  t.same(
    files.map((name) => statSync(name).mtimeMs),
    before,
    'what is signed stays as it is',
  );
});

t.test('it is part of the record of the model, and in the audit log', async (t) => {
  const { code, stdout, stderr } = await probe('--columns', 'merchant', '--goal', 'raise');
  lastText = stdout.trimEnd();
  t.equal(code, 0, stderr);
  t.match(stdout, /^input +set by +step +vectors +mean +p95 +max +flips$/m);
  t.match(stdout, /^amount +not the sender /m);
  t.match(stdout, /^merchant +the event: merchant +category /m);
  t.match(stdout, /^The best 3 of them, .*: toward the goal by mean 0, p95 0, max 0; /m);
  const json = await millrace(['models', 'show', TOPOLOGY, 'v1', '--json'], settings);
  t.match(JSON.parse(json.stdout), {
    version: 'v1',
    probe: { options: { goal: 'raise', columns: ['merchant'] } },
  });
  const audited = await millrace(['audit', 'list', TOPOLOGY, '--json'], settings);
  const { action, subject, before, after } = JSON.parse(audited.stdout.trim().split('\n').at(-1) ?? '');
  t.same([action, subject], ['probe', 'model v1']);
  t.match(JSON.parse(before), { options: { goal: 'lower' } });
  t.match(JSON.parse(after), {
    sha256: /^[0-9a-f]{64}$/,
    options: { goal: 'raise' },
    greedy: { moved: { max: 0 } },
  });
});

t.test('what cannot be probed is refused with the reason', async (t) => {
  const strange = await probe('--columns', 'amout');
  t.match(strange.stderr, /CONFIG_INVALID: 'amout' enters no feature; did you mean 'amount'\?/);
  const options = await probe('--step', '0', '--goal', 'up', '--rows', '0', '--threshold', 'x');
  for (const name of ['--step', '--goal', '--rows', '--threshold']) t.match(options.stderr, `${name} `);
  const unlock = await lockFolder(data);
  t.match((await probe()).stderr, /CONFIG_INVALID: process \d+ uses this data folder/);
  await unlock();
  const shown = await millrace(['models', 'show', TOPOLOGY, 'v1'], settings);
  t.ok(shown.stdout.includes(lastText), shown.stdout);
  writeFileSync(join(data, 'models/payments/v1/probe.json'), '{"inputs": 5}');
  const damaged = await millrace(['models', 'show', TOPOLOGY, 'v1'], settings);
  t.equal(damaged.code, 0);
  t.match(damaged.stderr, /MODEL_INVALID: the record of the probe is damaged/);
  t.match(damaged.stdout, /^version +v1$/m);
});
