// Functions for exactly one list of accumulators (control path makes them, the hot path runs them).
//
// A loop over accumulators calls a different function at one call site, which V8 can neither predict nor inline: it made
// the features stage a third slower. So the calls are written out, one after the other, in a function for each layout:
//
//   add(slab, at, row, timeMs) {
//     if (i0.mask[row] !== 0) {                    // the predicate of accumulators 0 and 1
//       f0(slab, at + 0, 1, timeMs);               // count
//     }
//     if (i1.mask[row] !== 0) {
//       const raw = i1.values[row];
//       if (raw === raw) {                         // null is NaN
//         const value = raw < -30 ? -30 : raw > 180 ? 180 : raw;
//         f1(slab, at + 1, value, timeMs);         // moments
//       }
//     }
//   }
//
// Of a column of lists, each value is added as if it were that of an event at this instant:
//
//     if (i2.mask[row] !== 0) {
//       for (let item = i2.starts[row], end = i2.ends[row]; item < end; item++) {
//         const raw = i2.values[item];
//         ...
//
// The text consists of these lines and of numbers. Nothing that a topology or an event names becomes a part of it.
import type { Accumulator, AggregateDefinition } from './aggregate.ts';
import type { BatchInput } from './view-inputs.ts';
import type { WindowAggregates } from './window.ts';

export interface AccumulatorPlan {
  readonly accumulator: Accumulator;
  /** First slot. */
  readonly at: number;
}

/** Accumulators that take the same value of the same rows. */
export interface InputPlan {
  readonly input: BatchInput;
  readonly isColumn: boolean;
  /** The accumulators have a state for each bucket: they get that of the row as well. */
  readonly isBucketed: boolean;
  /** Whether a row has a list of values. */
  readonly isList: boolean;
  readonly clip: readonly [low: number, high: number] | null;
  readonly accumulators: readonly AccumulatorPlan[];
}

export interface ReadPlan {
  readonly read: AggregateDefinition['read'];
  readonly at: number;
  /** Position in the view's vector. */
  readonly feature: number;
}

export type SpecialisedFunctions = Pick<WindowAggregates, 'add' | 'merge' | 'read'>;

type Factory = (...captured: readonly unknown[]) => SpecialisedFunctions;

/** Factories by their text and the identity of the functions that it calls: partitions share compiled code. */
const factories = new Map<string, Factory>();
const functionIds = new WeakMap<object, number>();
let functionCount = 0;

function idOf(called: object): number {
  const id = functionIds.get(called) ?? functionCount++;
  functionIds.set(called, id);
  return id;
}

/** The names under which generated code reaches the functions that it calls, one for each function. */
class Captured {
  readonly functions: object[] = [];

  name(called: object): string {
    const known = this.functions.indexOf(called);
    return `f${known >= 0 ? known : this.functions.push(called) - 1}`;
  }
}

function clipText(clip: InputPlan['clip']): string {
  if (clip === null) return 'raw';
  const [low, high] = clip;
  return `raw < ${low} ? ${low} : raw > ${high} ? ${high} : raw`;
}

function addText(plan: InputPlan, i: number, captured: Captured): string {
  const { isColumn, isList, isBucketed, clip, accumulators } = plan;
  const bucket = isBucketed ? `, i${i}.buckets[row]` : '';
  const calls = (value: string): string =>
    accumulators
      .map(
        ({ accumulator, at }) =>
          `${captured.name(accumulator.add)}(slab, at + ${at}, ${value}, timeMs${bucket});`,
      )
      .join('\n');
  if (!isColumn) return `if (i${i}.mask[row] !== 0) {\n${calls('1')}\n}`;
  const one = `const raw = i${i}.values[${isList ? 'item' : 'row'}];
if (raw === raw) {
const value = ${clipText(clip)};
${calls('value')}
}`;
  const all = `for (let item = i${i}.starts[row], end = i${i}.ends[row]; item < end; item++) {\n${one}\n}`;
  return `if (i${i}.mask[row] !== 0) {\n${isList ? all : one}\n}`;
}

function textOf(inputs: readonly InputPlan[], reads: readonly ReadPlan[], captured: Captured): string {
  const adds = inputs.map((plan, i) => addText(plan, i, captured));
  const merges = inputs
    .flatMap(({ accumulators }) => accumulators)
    .map(({ accumulator, at }) => `${captured.name(accumulator.merge)}(to, a + ${at}, from, b + ${at});`);
  const outputs = reads.map(
    ({ read, at, feature }) =>
      `out[outAt + ${feature}] = ${captured.name(read)}(slab, at + ${at}, timeMs, seconds);`,
  );
  return `return {
add(slab, at, row, timeMs) {
${adds.join('\n')}
},
merge(to, a, from, b) {
${merges.join('\n')}
},
read(slab, at, timeMs, seconds, out, outAt) {
${outputs.join('\n')}
},
};
//# sourceURL=millrace-window-aggregates`;
}

/** The functions of `WindowAggregates` for these accumulators. */
export function specialise(inputs: readonly InputPlan[], reads: readonly ReadPlan[]): SpecialisedFunctions {
  const captured = new Captured();
  const text = textOf(inputs, reads, captured);
  const key = `${captured.functions.map(idOf).join()}\n${text}`;
  let factory = factories.get(key);
  if (factory === undefined) {
    const names = [...inputs.map((_, i) => `i${i}`), ...captured.functions.map((_, i) => `f${i}`)];
    // oxlint-disable-next-line typescript/no-implied-eval -- the text is ours: see the head of this file
    factory = new Function(...names, text) as Factory; // the text above returns these functions
    factories.set(key, factory);
  }
  return factory(...inputs.map(({ input }) => input), ...captured.functions);
}
