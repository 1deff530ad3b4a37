// Jobs of 16, 64 and 256 features of a key, over one, three and six windows (control path).
import {
  days,
  defineTopology,
  features,
  hours,
  max,
  mean,
  min,
  minutes,
  numeric,
  score,
  sliding,
  std,
  view,
  watermarks,
  type Aggregate,
  type Topology,
  type WindowSpec,
} from '../../src/index.ts';
import type { LogRecord } from '../../src/ports/event-log.ts';
import type { SchemaCodec } from '../../src/ports/codec.ts';
import { Random } from '../../src/stats/random.ts';
import type { Job, WideJobName, WideSize } from './job.ts';
import { logisticModel } from './standard.ts';

export const wideSizes: readonly WideSize[] = ([16, 64, 256] as const).flatMap((count) =>
  ([1, 3, 6] as const).map((windows): WideSize => ({ features: count, windows })),
);

const KEYS = 1_000;
/** Each key every hundred seconds. */
const STEP_MS = 100;
const START_MS = Date.UTC(2026, 0, 1);
const CHANNELS = 7;
const COLUMNS = 8;
const AGGREGATES = [mean, std, min, max];

/** Panes as the defaults have them: tiles from the day on. */
const WINDOWS: Readonly<Record<WideSize['windows'], readonly WindowSpec[]>> = {
  1: [sliding(hours(1))],
  3: [sliding(minutes(10)), sliding(hours(1)), sliding(days(1))],
  6: [minutes(1), minutes(10), hours(1), hours(6), days(1), days(7)].map((length) => sliding(length)),
};

type Reads = `v${number}: number` | 'channel: string';

/** Every aggregate of every column over one window before the next one; of all events, then of those of a channel. */
function aggregate(at: number, over: WindowSpec): Aggregate<Reads> {
  const declared = AGGREGATES[at % AGGREGATES.length] ?? mean;
  const column = `v${Math.floor(at / AGGREGATES.length) % COLUMNS}` as const;
  const channel = Math.floor(at / AGGREGATES.length / COLUMNS);
  return channel === 0
    ? declared(column, { over })
    : declared(column, { over, where: { channel: `c${channel}` } });
}

function wideTopology({ features: count, windows }: WideSize): Topology {
  const overs = WINDOWS[windows];
  const aggregates = Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `f${i}`,
      aggregate(Math.floor(i / windows), overs[i % windows] as WindowSpec),
    ]),
  );
  return defineTopology({
    name: `wide-${count}-${windows}`,
    source: { topic: 'wide', eventTime: 'time', partitions: 4 },
    stages: [
      watermarks({ allowedLatenessMs: 0 }),
      features('features', {
        when: {},
        fields: { v0: numeric('v0') },
        views: { key: view(['key'], aggregates) },
      }),
      score('score', { key: 'id', fallback: 0.5 }),
    ],
  });
}

export function wideJob(name: WideJobName): Job {
  const size = wideSizes.find(({ features: count, windows }) => name === `wide-${count}-${windows}`);
  const topology = wideTopology(size as WideSize); // the names are those of the sizes
  return {
    name,
    topology,
    model: async () => logisticModel(topology.features?.features.length ?? 0),
    records: async (codec: SchemaCodec, total: number): Promise<LogRecord[]> => {
      const encoder = await codec.encoder('wide-value');
      const random = new Random(1);
      return Array.from({ length: total }, (_, i): LogRecord => {
        const key = `key-${random.nextInt(KEYS)}`;
        const time = START_MS + i * STEP_MS;
        const values = Object.fromEntries(
          Array.from({ length: COLUMNS }, (_column, column) => [`v${column}`, random.nextDouble()]),
        );
        const event = { id: String(i), key, time, channel: `c${random.nextInt(CHANNELS)}`, ...values };
        return { key: Buffer.from(key), value: encoder.encode(event), timestampMs: time };
      });
    },
  };
}
