// Tasks with several outputs over restarts: predictions, labels and the figures on them are those of an undisturbed run,
// wherever the process is killed or its state lost, and whichever model served meanwhile.
import fc from 'fast-check';
import t from 'tap';
import {
  defineTopology,
  double,
  features,
  hours,
  labels,
  minutes,
  multiclass,
  nullable,
  numeric,
  regression,
  score,
  source,
  string,
  timestamp,
  watermarks,
  type Task,
  type Topology,
} from '../../src/index.ts';
import type { Scorer } from '../../src/ports/scorer.ts';
import { TopologyDriver, type Row } from '../../src/testing/index.ts';

const CLASSES = ['sedan', 'van', 'truck'];
const QUANTILES = [0.1, 0.9];

const rides = source('rides', {
  schema: {
    type: string,
    id: string,
    km: nullable(double),
    minutes: nullable(double),
    kind: nullable(string),
    at: timestamp,
  },
  eventTime: 'at',
  partitions: 1,
});

function topologyOf(task: Task<'minutes: number'> | Task<'kind: any'>): Topology {
  return defineTopology(rides, {
    stages: [
      watermarks({ allowedLatenessMs: minutes(5) }),
      features({ when: { type: 'started' }, fields: { km: numeric('km') } }),
      score({ key: 'id' }),
      labels({
        key: 'id',
        when: { type: 'ended' },
        task: task as Task<'minutes: number'>,
        timeoutMs: hours(1),
      }),
    ],
  });
}

/** Outputs of a row that depend on its feature and on the model. */
function model(version: string, slope: number, outputsOf: (value: number) => readonly number[]): Scorer {
  return {
    version,
    inputWidth: 1,
    provider: 'cpu',
    run(values, rowCount, into) {
      for (let row = 0; row < rowCount; row += 1) {
        const outputs = outputsOf((values[row] ?? 0) * slope);
        into.set(outputs, row * outputs.length);
      }
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

function classShares(value: number): number[] {
  const scores = [Math.exp(value), Math.exp(-value), 1];
  const sum = scores.reduce((a, b) => a + b, 0);
  return scores.map((share) => share / sum);
}

/** A value with its quantiles, which cross for negative values. */
function valueAndQuantiles(value: number): number[] {
  return [value, value - value / 2, value + value / 2];
}

interface Step {
  readonly what: 'start' | 'end' | 'barrier' | 'swap' | 'restart' | 'lose';
  readonly ride: number;
  readonly km: number;
}

const steps = fc.array(
  fc.record({
    what: fc.constantFrom<Step['what'][]>(
      'start',
      'start',
      'end',
      'end',
      'barrier',
      'swap',
      'restart',
      'lose',
    ),
    ride: fc.nat(9),
    km: fc.integer({ min: -4, max: 4 }),
  }),
  { minLength: 4, maxLength: 40 },
);

function eventOf({ what, ride, km }: Step, i: number): Row {
  const at = i * minutes(2);
  return what === 'start'
    ? { type: 'started', id: `${ride}`, km, minutes: null, kind: null, at }
    : {
        type: 'ended',
        id: `${ride}`,
        km: null,
        minutes: km * 3,
        kind: CLASSES[Math.abs(km) % 4] ?? 'bicycle',
        at,
      };
}

/** What comes out. Barriers and swaps are where they are in both runs: a kill moves neither. */
async function play(
  topology: Topology,
  outputsOf: (value: number) => readonly number[],
  given: readonly Step[],
  isDisturbed: boolean,
): Promise<Pick<TopologyDriver, 'predictions' | 'labels'>> {
  const driver = new TopologyDriver(topology, { model: model('v0', 0.5, outputsOf) });
  await driver.barrier();
  for (const [i, step] of given.entries()) {
    if (step.what === 'start' || step.what === 'end') await driver.send([eventOf(step, i)]);
    else if (step.what === 'barrier') await driver.barrier();
    else if (step.what === 'swap') await driver.barrier(model(`v${i}`, 1 / (i + 1), outputsOf));
    else if (isDisturbed && step.what === 'restart') await driver.restart();
    else if (isDisturbed) await driver.loseState();
  }
  const { predictions, labels: joined } = driver;
  return { predictions, labels: joined };
}

const kinds = topologyOf(multiclass({ column: 'kind', classes: CLASSES }));
const ranges = topologyOf(regression({ column: 'minutes', unit: 'min', quantiles: QUANTILES }));

for (const [name, topology, outputsOf] of [
  ['classes', kinds, classShares],
  ['quantiles', ranges, valueAndQuantiles],
] as const) {
  t.test(`${name} over restarts`, async (t) => {
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const undisturbed = await play(topology, outputsOf, given, false);
        const disturbed = await play(topology, outputsOf, given, true);
        t.same(disturbed, undisturbed);
      }),
      { numRuns: 100 },
    );
  });
}

t.test('the runs have predictions by several models, and labels', async (t) => {
  const given: Step[] = [
    { what: 'start', ride: 1, km: 3 },
    { what: 'swap', ride: 0, km: 0 },
    { what: 'start', ride: 2, km: -2 },
    { what: 'restart', ride: 0, km: 0 },
    { what: 'end', ride: 1, km: 1 },
    { what: 'lose', ride: 0, km: 0 },
    { what: 'end', ride: 2, km: 2 },
  ];
  const { predictions, labels: joined } = await play(kinds, classShares, given, true);
  t.match(predictions, [
    { key: '1', version: 'v0', class: 'sedan', outputs: { sedan: Number, van: Number, truck: Number } },
    { key: '2', version: 'v1', class: 'van' },
  ]);
  t.match(joined, [
    { key: '1', class: 'van' },
    { key: '2', class: 'truck' },
  ]);
  const { predictions: values } = await play(ranges, valueAndQuantiles, given, true);
  t.match(values[1]?.outputs, { value: -1, 'q0.1': -1.5, 'q0.9': -0.5 }, 'quantiles that cross are sorted');
});
