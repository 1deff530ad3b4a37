// One aggregate over a sliding window (control path): what an update and a read take, and the bytes of a key's state. In a
// process of its own: what one has taught the compiler must not help or hinder another.
import { argument, tellParent } from '../child.ts';
import { view } from '../../src/index.ts';
import { stringHash } from '../../src/core/string-hash.ts';
import { Random } from '../../src/stats/random.ts';
import type { ViewAggregates } from '../../src/operators/view.ts';
import { KeySlots } from '../../src/window/key-slots.ts';
import { ViewWindows } from '../../src/window/view-windows.ts';
import { windowAggregates } from '../windows/cases.ts';
import { aggregates } from './cases.ts';

export interface AggregateRequest {
  readonly name: string;
  /** Events that each key has in an hour. */
  readonly eventsPerHour: number;
  /** Hours of events that fill the window; two by default. */
  readonly hours?: number;
}

export interface AggregateFigure {
  readonly kind: 'figure';
  readonly updateNs: number;
  /** Where every other event is of one key. */
  readonly hotUpdateNs: number;
  readonly readNs: number;
  /** Of a key, as the store keeps it. */
  readonly storedBytes: number;
  /** Of a key, in memory. */
  readonly memoryBytes: number;
}

const KEYS = 200;
/** Keys whose slots are measured. */
const RESERVED = 1_000;
const ROWS = 2_048;
const HOUR_MS = 3_600_000;
const MEASURED_MS = 333;

function cpuMs(): number {
  return process.cpuUsage().user / 1_000;
}

/** Runs batches until they have used a third of a second after as much to warm up; the processor's nanoseconds of a row. */
function timed(run: () => void): number {
  for (const from = cpuMs(); cpuMs() < from + MEASURED_MS;) run();
  const from = cpuMs();
  let batches = 0;
  for (; cpuMs() < from + MEASURED_MS; batches++) run();
  return ((cpuMs() - from) * 1e6) / (batches * ROWS);
}

function measure({ name, eventsPerHour, hours = 2 }: AggregateRequest): AggregateFigure {
  const { features } = view(['key'], {
    x: { ...aggregates, ...windowAggregates }[name] as ViewAggregates[string],
  });
  const windows = new ViewWindows(Object.values(features), { allowedLatenessMs: 0 });
  const keys = new KeySlots(windows);
  const slots = Int32Array.from({ length: KEYS }, (_, i) => keys.obtain(`key-${i}`));
  const random = new Random(1);
  const isText = Object.values(features).some(({ definition: { input } }) => input !== 'number');
  const draw = (): number => {
    const tail = 1 / (1 - random.nextDouble());
    return isText ? stringHash(`merchant-${Math.floor(10 * tail)}`) : tail;
  };
  const values = Float64Array.from({ length: ROWS }, draw);
  const mask = new Uint8Array(ROWS).fill(1);
  const { predicates, columns } = windows.inputs;
  windows.inputs.bind(
    predicates.map(() => mask),
    columns.map(() => values),
  );
  const stepMs = HOUR_MS / (KEYS * eventsPerHour);
  let timeMs = 0;
  let at = 0;
  const update = (): void => {
    for (let row = 0; row < ROWS; row++) {
      windows.update(slots[at] as number, row, (timeMs += stepMs));
      at = at + 1 === KEYS ? 0 : at + 1;
    }
  };
  const updateHot = (): void => {
    for (let row = 0; row < ROWS; row++) {
      const slot = (row & 1) === 0 ? slots[0] : slots[at];
      windows.update(slot as number, row, (timeMs += stepMs));
      at = at + 1 === KEYS ? 0 : at + 1;
    }
  };
  // So that the window is full.
  for (let i = 0; i < hours * KEYS * eventsPerHour; i += ROWS) update();
  let bytes = 0;
  for (const slot of slots) bytes += windows.serialize(slot, timeMs).length;
  const updateNs = timed(update);
  const out = new Float32Array(windows.width);
  const readNs = timed(() => {
    for (let row = 0; row < ROWS; row++) windows.read(slots[row % KEYS] as number, timeMs, out, 0);
  });
  return {
    kind: 'figure',
    updateNs,
    hotUpdateNs: timed(updateHot),
    readNs,
    storedBytes: bytes / KEYS,
    memoryBytes: bytesInMemory(new ViewWindows(Object.values(features), { allowedLatenessMs: 0 })),
  };
}

/** Bytes of a key's slots. */
function bytesInMemory(windows: ViewWindows): number {
  const before = process.memoryUsage().arrayBuffers;
  windows.reserve(RESERVED);
  return (process.memoryUsage().arrayBuffers - before) / RESERVED;
}

const tell: (message: AggregateFigure) => void = tellParent;
tell(measure(argument() as AggregateRequest));
process.exit(0);
