// A training of several classes: the network learns their probabilities, and is compared with their shares.
import t from 'tap';
import { multiclass } from '../../src/index.ts';
import { scoreRows } from '../../src/learning/score-rows.ts';
import { taskFacts } from '../../src/learning/task-calls.ts';
import { sliceFigures } from '../../src/tasks/figures.ts';
import { invalidRows } from '../../src/tasks/outputs.ts';
import type { Candidate, CandidateRequest } from '../../src/learning/candidate.ts';
import { makeExample, makeRequest, openScorers, run, type Example } from './examples.ts';

const never = new AbortController().signal;
const scorers = await openScorers();
const task = multiclass({ column: 'label', classes: ['low', 'middle', 'high', 'never'] });

/** The class depends on the slope and on the category, with some noise; the fourth has no row. */
function classes(rowCount: number, seed: number, fromMs = 0, turn = 0): Example {
  const set = makeExample(rowCount, seed, fromMs);
  for (let i = 0; i < rowCount; i += 1) {
    const [slope, , , kind, noise] = set.features.subarray(i * 5, i * 5 + 5);
    const level = slope! + ((kind! - 1_000) % 2) * 0.5 + (noise! - 0.5) * 0.3;
    set.labels[i] = (Number(level > 0) + Number(level > 0.6) + turn) % 3;
  }
  return set;
}

function train(set: Example, more: Partial<CandidateRequest> = {}): Promise<Candidate> {
  return run(makeRequest(set, { task: taskFacts(task), ...more }), never, task);
}

t.test('the probabilities of classes are learned, and again after they have changed', async (t) => {
  const first = await train(classes(2_000, 1));
  t.equal(first.verdict, 'promote', first.why);
  t.match(first.why, /log loss 0\.\d+ against 1\.\d+ of the class shares on \d+ newest rows/);
  t.match(first.why, /, accuracy 0\.\d+ against 0\.\d+, macro F1 0\.\d+ against/);
  const fresh = classes(2_000, 2);
  const outputs = await scoreRows(scorers, first.model, fresh, 4);
  t.equal(outputs.length, 8_000);
  t.equal(invalidRows(task.output, outputs), 0, 'probabilities that add up to 1');
  const { accuracy, calibrationError } = sliceFigures(task, outputs, fresh.labels);
  t.ok(accuracy! > 0.8, `accuracy ${accuracy}`);
  t.ok(calibrationError! < 0.1, `calibration error ${calibrationError}`);
  const { score } = first.reference;
  t.same(
    score.edges.toSorted((a, b) => a - b),
    [0, 1, 2],
    'the reference has the top classes, as categories',
  );
  t.equal(score.shares.length, score.edges.length + 2);

  const champion = { version: 'v1', model: first.model, newestRowMs: first.newestRowMs, trainer: null };
  const turned = classes(1_500, 3, 2_000 * 60_000, 1);
  const next = await train(turned, { version: 'v2', champion, changeMs: turned.eventTimeMs[0]! });
  t.equal(next.verdict, 'promote', next.why);
  t.match(next.why, /of the champion v1 .* It was chosen of \d: .*the class shares 1\.\d+/);
});

t.test('labels of one class cannot be trained on', async (t) => {
  const set = classes(1_000, 1);
  set.labels.fill(2);
  await t.rejects(train(set), { code: 'TRAINING_SET_TOO_SMALL', message: /all labels are of one class/ });
});
