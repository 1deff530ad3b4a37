// The rows that the queries of docs/tables.md are tested on.
import type { ClickHouseHistory } from '../../../src/adapters/clickhouse/history.ts';
import type { DriftReportRow } from '../../../src/core/reports.ts';

export const topology = 'doc';
export const HOUR_MS = 3_600_000;
export const ROWS = 600;
export const names: readonly string[] = ['hour', 'card.delay', 'card.x.delay'];

export interface Prediction {
  readonly offset: number;
  readonly timeMs: number;
  readonly key: string;
  /** Null in some rows: a column of the view's key is. */
  readonly card: string | null;
  readonly cardX: string;
  readonly version: string;
  readonly score: number;
  readonly isFallback: boolean;
  readonly vector: readonly number[];
  readonly label: number | null;
  readonly state: 'joined' | 'never' | 'pending' | 'withdrawn';
  /** The label before it was corrected or withdrawn; undefined for one that never was. */
  readonly before?: number;
  readonly delayMs: number;
}

/** A fixed stream of numbers from 0 to 1 (Lehmer's generator). */
let seed = 20_130_101;
function random(): number {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
}

export const data: readonly Prediction[] = Array.from({ length: ROWS }, (_, offset): Prediction => {
  const score = Math.fround(Math.round(random() * 40) / 40); // few values, so that there are ties, and exact 0 and 1
  const given = offset % 11 === 0 ? 'never' : offset % 13 === 0 ? 'pending' : 'joined';
  const state = given === 'joined' && offset % 29 === 7 ? 'withdrawn' : given;
  const before =
    state === 'withdrawn' ? { before: 1 } : state === 'joined' && offset % 23 === 5 ? { before: 0 } : {};
  return {
    ...before,
    offset,
    timeMs: Date.UTC(2013, 0, 1) + offset * 3.5 * HOUR_MS,
    key: `flight-${offset}`,
    card: offset % 17 === 3 ? null : `card '${offset % 7}'\t\\`,
    cardX: `x|${offset % 5}`,
    version: offset < 250 ? 'v1' : 'v2',
    score,
    isFallback: offset < 20,
    vector: [offset % 24, Math.fround(random()), offset],
    label: state === 'joined' ? (random() < 0.2 + score / 2 ? 1 : 0) : null,
    state,
    delayMs: Math.round(random() * 36_000) * 1_000,
  };
});

export const drift: readonly DriftReportRow[] = Array.from({ length: 40 }, (_, i): DriftReportRow => ({
  topology,
  fromMs: Date.UTC(2013, 0, 1) + i * 24 * HOUR_MS,
  toMs: Date.UTC(2013, 0, 2) + i * 24 * HOUR_MS,
  version: 'v1',
  feature: i % 2 === 0 ? 'delay' : 'hour',
  detector: i % 5 === 4 ? 'adwin' : 'psi_ks',
  n: 100,
  psi: i % 5 === 4 ? null : random(),
  psiThreshold: 0.2,
  ks: null,
  pValue: null,
  pAdjusted: null,
  value: null,
  drifted: random() < 0.3,
}));

/** Writes all of them. */
export function writeRows(history: ClickHouseHistory): void {
  const origin = { topic: 'flights', partition: 0 };
  const column = (valueOf: (row: Prediction) => number): Float64Array => Float64Array.from(data, valueOf);
  history.describeFeatures(topology, names);
  for (const version of ['v1', 'v2']) {
    const rows = data.filter((row) => row.version === version);
    history.predictions(topology, {
      origin,
      count: rows.length,
      offsets: Float64Array.from(rows, (row) => row.offset),
      eventTimeMs: Float64Array.from(rows, (row) => row.timeMs),
      keys: rows.map((row) => row.key),
      scores: Float32Array.from(rows, (row) => row.score),
      shadowScores: null,
      flags: Uint8Array.from(rows, (row) => (row.isFallback ? 1 : 0)),
      version,
      features: Float32Array.from(rows.flatMap((row) => row.vector)),
      width: names.length,
      entities: [
        { view: 'card', keys: rows.map((row) => row.card) },
        { view: 'card.x', keys: rows.map((row) => row.cardX) },
      ],
      receivedAtMs: 0,
    });
  }
  const known = data.filter((row) => row.state !== 'pending');
  history.labels(topology, {
    origin,
    count: known.length,
    watermarkMs: null,
    predictionOffsets: column((row) => row.offset).filter((offset) => data[offset]?.state !== 'pending'),
    predictionTimeMs: Float64Array.from(known, (row) => row.timeMs),
    labelTimeMs: Float64Array.from(known, (row) => row.timeMs + row.delayMs),
    labelOffsets: Float64Array.from(known, (row) => ROWS + row.offset),
    positions: Float64Array.from(known, (row) => ROWS + row.offset),
    labels: Float32Array.from(known, (row) => row.before ?? row.label ?? Number.NaN),
    scores: Float32Array.from(known, (row) => row.score),
    shadowScores: new Float32Array(known.length).fill(Number.NaN),
    flags: Uint8Array.from(known, (row) => (row.isFallback ? 1 : 0)),
    versions: known.map((row) => row.version),
    keys: known.map((row) => row.key),
  });
  correct(
    history,
    data.filter((row) => row.before !== undefined),
  );
  history.driftReports(drift);
}

/** The second labels of these rows, an hour after the first. */
function correct(history: ClickHouseHistory, rows: readonly Prediction[]): void {
  const column = (valueOf: (row: Prediction) => number): Float64Array => Float64Array.from(rows, valueOf);
  history.labels(topology, {
    origin: { topic: 'flights', partition: 0 },
    count: rows.length,
    watermarkMs: null,
    predictionOffsets: column((row) => row.offset),
    predictionTimeMs: column((row) => row.timeMs),
    labelTimeMs: column((row) => row.timeMs + row.delayMs + HOUR_MS),
    labelOffsets: column((row) => 2 * ROWS + row.offset),
    positions: column((row) => 2 * ROWS + row.offset),
    labels: Float32Array.from(rows, (row) => row.label ?? Number.NaN),
    revisions: {
      numbers: new Uint32Array(rows.length).fill(1),
      previous: Float32Array.from(rows, (row) => row.before ?? Number.NaN),
    },
    scores: Float32Array.from(rows, (row) => row.score),
    shadowScores: new Float32Array(rows.length).fill(Number.NaN),
    flags: Uint8Array.from(rows, (row) => (row.isFallback ? 1 : 0)),
    versions: rows.map((row) => row.version),
    keys: rows.map((row) => row.key),
  });
}
