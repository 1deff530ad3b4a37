// Several trainers in one training: the gate's rows choose, and one that fails leaves the others alone.
import t from 'tap';
import { mlp, type Trainer, type TrainerModule } from '../../src/index.ts';
import { makeCandidate } from '../../src/learning/candidate-job.ts';
import type { Candidate, CandidateRequest } from '../../src/learning/candidate.ts';
import { constantModel } from '../../src/learning/constant-model.ts';
import { loadTrainer } from '../../src/learning/load-trainer.ts';
import { taskCalls } from '../../src/learning/task-calls.ts';
import mlpModule from '../../src/learning/trainers/mlp/fit.ts';
import { makeExample, makeRequest, openScorers, params, run, runtime, task } from './examples.ts';

const named = (name: string): Trainer => ({ name, module: 'file:///none', tasks: ['binary'], params: {} });
const scorers = await openScorers();
const set = makeExample(1_500, 4);
const network = mlp({ ...params, hidden: [], steps: 60 });

/** Trainers by name that are written here; the others are loaded. */
async function compete(
  request: CandidateRequest,
  written: Readonly<Record<string, TrainerModule>>,
): Promise<Candidate> {
  const load = (trainer: Trainer): Promise<TrainerModule> => {
    const module = written[trainer.name];
    return module === undefined ? loadTrainer(trainer) : Promise.resolve(module);
  };
  const parts = { load, runtime, scorers, task: taskCalls(task) };
  return makeCandidate(request, parts, new AbortController().signal);
}

const constant = (score: number): TrainerModule => ({
  fit: async ({ rows }) => ({ model: constantModel([score], rows.width), summary: `Always ${score}` }),
});
const broken: TrainerModule = { fit: () => Promise.reject(new Error('no such library.')) };

t.test('the manifest names what won, and the verdict everything that competed', async (t) => {
  const request = makeRequest(set, { trainers: [named('half'), network] });
  const candidate = await compete(request, { half: constant(0.5) });
  t.same(candidate.trainer, { name: 'mlp', params: network.params });
  t.match(
    candidate.why,
    / It was chosen of 2: half of the whole window 0\.6931\.$/,
    'and not joined: mlp is better for sure',
  );
  t.ok(
    (candidate.gain?.low ?? 0) > 0 && candidate.why.includes(`lower by ${candidate.gain?.mean.toFixed(4)}`),
  );
  const alone = await run(makeRequest(set, { trainers: [network] }));
  t.same(candidate.model, alone.model, 'company does not change what a trainer fits');
  const again = await compete(request, { half: constant(0.5) });
  t.same([again.model, again.why], [candidate.model, candidate.why]);
});

t.test('of two that are alike the first wins, and trainers of one name are numbered', async (t) => {
  const trainers = [named('half'), { ...named('half'), params: { seed: 2 } }];
  const candidate = await compete(makeRequest(set, { trainers }), { half: constant(0.5) });
  t.same(candidate.trainer, { name: 'half', params: {} });
  t.match(candidate.why, /half 2 of the whole window 0\.6931/);
});

t.test('a trainer that fails leaves the training to the others', async (t) => {
  const trainers = [named('broken'), named('wild'), named('absent'), network];
  const modules = { broken, wild: constant(1.5) };
  const { verdict, trainer, why } = await compete(makeRequest(set, { trainers }), modules);
  t.equal(verdict, 'promote', why);
  t.equal(trainer.name, 'mlp');
  t.match(why, / Failed fits: broken of the whole window(, broken of recent rows)?: no such library\./);
  t.match(why, / Failed fits: wild .*: 225 of 225 scores are not within 0 to 1\./);
  t.match(why, / Failed fits: absent: the trainer's module cannot be loaded/);
});

t.test('if every trainer fails, so does the training, for the reason of the first', async (t) => {
  const trainers = [named('broken'), named('absent')];
  const first = await run(makeRequest(set, { trainers: [network] }));
  const { model, newestRowMs, trainer } = first;
  const more = makeExample(1_500, 5, 1_500 * 60_000);
  for (const champion of [null, { version: 'v1', model, newestRowMs, trainer }])
    await t.rejects(compete(makeRequest(more, { trainers, champion }), { broken }), {
      code: 'TRAINING_FAILED',
      message: /no such library/,
    });
});

t.test('a trainer of long fits gets one, of the rows since the change if they are many', async (t) => {
  const large = makeExample(4_000, 6);
  const spansOf = async (fitsOnce: boolean, changedFrom: number | null): Promise<string> => {
    const rowCounts: string[] = [];
    const module: TrainerModule = {
      fitsOnce: () => fitsOnce,
      async fit({ rows, trainCount }) {
        rowCounts.push(`${rows.rowCount - trainCount === 0 ? 'to' : 'validated'} ${trainCount}`);
        return { model: constantModel([0.5], rows.width), summary: 'Always 0.5' };
      },
    };
    const changeMs = changedFrom === null ? null : (large.eventTimeMs[changedFrom] ?? 0);
    await compete(makeRequest(large, { trainers: [named('long')], changeMs }), { long: module });
    return rowCounts.join(', ');
  };
  t.equal(await spansOf(true, null), 'to 3400', 'the whole window');
  t.equal(await spansOf(false, null), 'to 3400', 'the gate would take most of the recent rows');
  t.equal(await spansOf(true, 2_000), 'to 1700', '2,000 rows since the change, of which the gate has 300');
  t.equal(await spansOf(false, 2_000), 'to 3700, to 1700, to 700');
  t.equal(
    await spansOf(true, 3_500),
    'to 3925',
    '500 rows since the change, less those of the gate, are few',
  );
});

t.test('a refit that fails leaves the fit that was judged', async (t) => {
  const once: TrainerModule = {
    ...mlpModule,
    fit: (request) =>
      request.chosen === undefined
        ? mlpModule.fit(request as Parameters<typeof mlpModule.fit>[0])
        : Promise.reject(new Error('out of memory')),
  };
  const trainers = [{ ...network, name: 'once' }];
  const candidate = await compete(makeRequest(set, { trainers }), { once });
  t.equal(candidate.verdict, 'promote', candidate.why);
  t.match(candidate.why, / Failed fits: of the whole window, fitted again: out of memory\./);
  t.notMatch(candidate.why, /then fitted again/);
  t.equal(candidate.newestRowMs, set.eventTimeMs[set.rowCount - candidate.rows.gate - 1]);
});

t.test('a champion of another trainer is no place to start from, whatever its file looks like', async (t) => {
  const { model, newestRowMs } = await run(makeRequest(set, { trainers: [network] }));
  const more = makeExample(1_500, 5, 1_500 * 60_000);
  const champion = { version: 'v1', model, newestRowMs, trainer: { name: 'tree', params: {} } };
  const { why } = await run(makeRequest(more, { trainers: [network], champion }));
  t.notMatch(why, /from the champion/i);
});
