// The judge finds each thing that can be wrong with what an engine left.
import t from 'tap';
import { isGood, judge, type Observed } from './judge.ts';
import type { Expected, ExpectedPrediction } from './oracle/oracle.ts';

const prediction: ExpectedPrediction = {
  key: 'k',
  timeMs: 5,
  features: [1, Number.NaN, Number.POSITIVE_INFINITY],
  score: 0.5,
  flags: 0,
  version: 'v1',
};
const expected: Expected = {
  fates: new Map([
    ['0-0', { is: 'predicted', prediction, orTooLarge: false }],
    ['0-1', { is: 'set aside', codes: ['EVENT_MALFORMED'] }],
    ['0-2', { is: 'late', orTooLarge: false }],
    ['0-3', { is: 'duplicate' }],
    ['0-4', { is: 'passed' }],
  ]),
  labels: new Map([['0-0', { predictionOffset: 0, label: 1, maybe: false }]]),
};
const records = [{ partition: 0, offset: 1, timestampMs: 0, key: null, value: Buffer.from('bad') }];
const found = { id: '0-0', key: 'k', timeMs: 5, score: 0.5, flags: 0, version: 'v1' };
const letter = { id: '0-1', code: 'EVENT_MALFORMED', key: null, value: Buffer.from('bad'), cut: null };
const left: Observed['left'] = {
  predictions: [found],
  deadLetters: [letter],
  late: ['0-2'],
  features: vector(1, Number.NaN, Number.POSITIVE_INFINITY),
  labels: new Map([['0-0', 1]]),
};
const metrics = new Map([
  ['millrace_events_total', 5],
  ['millrace_predictions_total', 1],
  ['millrace_events_late_total', 1],
  ['millrace_events_duplicate_total', 1],
  ['millrace_dead_letters_total', 1],
  ['millrace_dead_letters_total{code="EVENT_MALFORMED"}', 1],
  ['millrace_labels_joined_total', 1],
]);
const good: Observed = { left, metrics, stuck: [], processEnds: [], wrongAnswers: [], skipped: 0, lies: [] };

t.test('what is right passes', async (t) => {
  t.ok(isGood(judge(expected, records, good)));
});

const wrong: ReadonlyArray<readonly [name: string, fault: string, observed: Observed]> = [
  ['a lost prediction', 'lost', { ...good, left: { ...left, predictions: [] } }],
  ['a lost dead letter', 'lost', { ...good, left: { ...left, deadLetters: [] } }],
  ['a lost late event', 'lost', { ...good, left: { ...left, late: [] } }],
  ['a lost label', 'lost', { ...good, left: { ...left, labels: new Map() } }],
  ['a doubled prediction', 'doubled', { ...good, left: { ...left, predictions: [found, found] } }],
  ['a doubled dead letter', 'doubled', { ...good, left: { ...left, deadLetters: [letter, letter] } }],
  [
    'another vector',
    'different',
    { ...good, left: { ...left, features: vector(1, 0, Number.POSITIVE_INFINITY) } },
  ],
  [
    'a finite value for an infinity',
    'different',
    { ...good, left: { ...left, features: vector(1, Number.NaN, 3) } },
  ],
  ['no vector', 'different', { ...good, left: { ...left, features: new Map() } }],
  ['another score', 'different', { ...good, left: { ...left, predictions: [{ ...found, score: 0.6 }] } }],
  [
    'a score that is no number',
    'different',
    { ...good, left: { ...left, predictions: [{ ...found, score: Number.NaN }] } },
  ],
  ['other flags', 'different', { ...good, left: { ...left, predictions: [{ ...found, flags: 1 }] } }],
  ['another code', 'different', { ...good, left: { ...left, deadLetters: [{ ...letter, code: 'X' }] } }],
  [
    'a dead letter with other bytes',
    'different',
    { ...good, left: { ...left, deadLetters: [{ ...letter, value: null }] } },
  ],
  ['a duplicate that is predicted', 'different', withPrediction('0-3')],
  ['a late event that is predicted as well', 'different', withPrediction('0-2')],
  ['a prediction of no record', 'different', withPrediction('0-9')],
  ['another label', 'different', { ...good, left: { ...left, labels: new Map([['0-0', 0]]) } }],
  [
    'a metric that lies',
    'metricsLied',
    { ...good, metrics: new Map([...metrics, ['millrace_events_total', 4]]) },
  ],
  [
    'another version',
    'different',
    { ...good, left: { ...left, predictions: [{ ...found, version: 'v2' }] } },
  ],
  ['a wrong answer', 'different', { ...good, wrongAnswers: ['409 instead of 200'] }],
  ['an engine that is not ready', 'metricsLied', { ...good, lies: ['503'] }],
  ['a process end', 'processEnds', { ...good, processEnds: ['exit 1'] }],
  ['a stuck partition', 'stuck', { ...good, stuck: ['partition 0'] }],
];

function vector(...values: readonly number[]): Map<string, readonly number[]> {
  return new Map([['0-0', values]]);
}

function withPrediction(id: string): Observed {
  return { ...good, left: { ...left, predictions: [found, { ...found, id }] } };
}

for (const [name, fault, observed] of wrong) {
  t.test(name, async (t) => {
    const verdict = judge(expected, records, observed);
    t.notOk(isGood(verdict));
    t.equal(verdict[fault as 'lost'].length, 1, JSON.stringify(verdict)); // the table names its faults
  });
}
