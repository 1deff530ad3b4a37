// Vectors of the layout of a view's state, for readers in other languages: `node test/vectors/state-layout.ts` writes
// state-layout/*.json. docs/reference/state-layout.md specifies the layout.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  count,
  defineTopology,
  double,
  features,
  hours,
  last,
  max,
  mean,
  minutes,
  sliding,
  source,
  std,
  string,
  sum,
  timestamp,
  tumbling,
  variance,
  view,
  type Topology,
  type View,
} from '../../src/index.ts';
import { frameOf, frameScope } from '../../src/core/state-frame.ts';
import { ViewReader } from '../../src/app/compose/view-reader.ts';
import { TopologyDriver } from '../../src/testing/index.ts';

export const PREFIX = 'mr:{payments:payments:0}:';
const FOLDER: string = join(import.meta.dirname, 'state-layout');
const T0 = Date.UTC(2026, 4, 1, 12);
const hour = sliding(hours(1), minutes(5));
const payments = source('payments', {
  schema: { card: string, merchant: string, amount: double, at: timestamp },
  eventTime: 'at',
});

/** What a reader has to know of the declaration: rings in order, their accumulators, and what each feature reads. */
interface Layout {
  readonly rings: ReadonlyArray<{
    readonly kind: 'sliding' | 'tumbling';
    readonly sizeMs: number;
    readonly paneMs: number;
    readonly accumulators: readonly string[];
  }>;
  /** Ring, accumulator, and what is read of it. */
  readonly features: Readonly<Record<string, readonly [ring: number, accumulator: number, read: string]>>;
}

export interface StateCase {
  readonly name: string;
  readonly view: View;
  readonly layout: Layout;
}

const hourly = { kind: 'sliding', sizeMs: hours(1), paneMs: minutes(5) } as const;

export const cases: readonly StateCase[] = [
  {
    name: 'two-windows',
    view: view(['card', 'merchant'], {
      count_1h: count({ over: hour }),
      mean_1h: mean('amount', { over: hour }),
      std_1h: std('amount', { over: hour }),
      max_1h: max('amount', { over: hour }),
      last_1h: last('amount', { over: hour }),
      sum_before: sum('amount', { over: tumbling(hours(1)) }),
    }),
    layout: {
      rings: [
        { ...hourly, accumulators: ['count', 'moments', 'max', 'latest'] },
        { kind: 'tumbling', sizeMs: hours(1), paneMs: hours(1), accumulators: ['sum'] },
      ],
      features: {
        count_1h: [0, 0, 'count'],
        mean_1h: [0, 1, 'mean'],
        std_1h: [0, 1, 'std'],
        max_1h: [0, 2, 'value'],
        last_1h: [0, 3, 'value'],
        sum_before: [1, 0, 'value'],
      },
    },
  },
  {
    name: 'variance',
    view: view(['card'], {
      count_1h: count({ over: hour }),
      variance_1h: variance('amount', { over: hour }),
      max_1h: max('amount', { over: hour }),
    }),
    layout: {
      rings: [{ ...hourly, accumulators: ['count', 'moments', 'max'] }],
      features: { count_1h: [0, 0, 'count'], variance_1h: [0, 1, 'variance'], max_1h: [0, 2, 'value'] },
    },
  },
];

export function topologyOf(one: StateCase): Topology {
  return defineTopology(payments, { name: 'payments', stages: [features({ views: { card: one.view } })] });
}

const EVENTS = [
  [0, 12.5],
  [3, 7.25],
  [9, 100],
  [8, 3],
  [47, -1.5],
  [66, 41],
] as const;

export interface StateVector {
  readonly prefix: string;
  readonly key: string;
  readonly layout: Layout;
  /** Of the view's declaration. */
  readonly fingerprint: number;
  /** Field `s` of the key in Redis, in hexadecimal. */
  readonly value: string;
  readonly eventTimeMs: number;
  readonly reads: ReadonlyArray<{
    readonly asOfMs: number;
    readonly values: Readonly<Record<string, number | null>>;
  }>;
}

/** The state that the events leave, as the driver's delta has it. */
export async function deltaOf(one: StateCase): Promise<TopologyDriver> {
  const driver = new TopologyDriver(topologyOf(one));
  const at = (minute: number): number => T0 + minutes(minute) + 123;
  await driver.send(
    EVENTS.map(([minute, amount]) => ({ card: 'a|é', merchant: 'm', amount, at: at(minute) })),
  );
  await driver.barrier();
  return driver;
}

export async function vectorOf(one: StateCase): Promise<StateVector> {
  const { delta } = await deltaOf(one);
  const put = delta.puts[0];
  if (put === undefined) throw new Error('there is no state');
  const { key, state, eventTimeMs } = put;
  const reader = new ViewReader(one.view, topologyOf(one).watermarks.allowedLatenessMs);
  const reads = [66, 70, 100, 119, 240].map((minute) => {
    const asOfMs = T0 + minutes(minute) + 30_000;
    if (!reader.read(key, { state, eventTimeMs }, asOfMs)) throw new Error('the state does not fit');
    const values = reader.names.map((name, i) => [name, orNull(reader.values[i] as number)] as const);
    return { asOfMs, values: Object.fromEntries(values) };
  });
  const value = frameOf(frameScope(PREFIX), key, state).toString('hex');
  const fingerprint = Buffer.from(state).readUInt32LE(1);
  return { prefix: PREFIX, key, layout: one.layout, fingerprint, value, eventTimeMs, reads };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

export function fileOf({ name }: StateCase): string {
  return join(FOLDER, `${name}.json`);
}

export function textOf(vector: StateVector): string {
  return `${JSON.stringify(vector, null, 2)}\n`;
}

if (import.meta.main) for (const one of cases) writeFileSync(fileOf(one), textOf(await vectorOf(one)));
