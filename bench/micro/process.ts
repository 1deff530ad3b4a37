// Runs the micro-benchmarks (control path), in a process of its own: each beside the reference.
import { measure } from 'mitata';
import { argument, tellParent } from '../child.ts';
import { microCases } from './cases.ts';
import { reference, REFERENCE_STEPS } from './reference.ts';

export interface MicroRequest {
  /** Part of a case's name; null for all. */
  readonly only: string | null;
}

export interface MicroFigure {
  readonly name: string;
  readonly unit: 'event' | 'key';
  readonly ns: number;
  /** Times the reference's nanoseconds a step. */
  readonly ratio: number;
}

export interface MicroAnswer {
  readonly kind: 'figures';
  readonly figures: readonly MicroFigure[];
}

const tell: (message: MicroAnswer) => void = tellParent;

const CASE_NS = 400e6;
const REFERENCE_NS = 60e6;

/** The fastest quarter of the calls: those least disturbed by other work on the machine. */
async function quartileNs(run: () => unknown, cpuNs: number): Promise<number> {
  const { p25 } = await measure(async () => run(), { min_cpu_time: cpuNs, min_samples: 20 });
  return p25;
}

const { only } = argument() as MicroRequest;
const { cases, close } = await microCases();
const measured: Array<Omit<MicroFigure, 'ratio'>> = [];
// Others' work slows the reference down and nothing speeds it up: the least of many rounds is this machine's.
let referenceNs = (await quartileNs(reference, REFERENCE_NS)) / REFERENCE_STEPS;
for (const micro of cases) {
  const { name, per, unit } = micro;
  if (only !== null && !name.includes(only)) continue;
  referenceNs = Math.min(referenceNs, (await quartileNs(reference, REFERENCE_NS)) / REFERENCE_STEPS);
  measured.push({ name, unit, ns: (await quartileNs(() => micro.run(), CASE_NS)) / per });
}
close();
tell({ kind: 'figures', figures: measured.map((micro) => ({ ...micro, ratio: micro.ns / referenceNs })) });
process.exit(0);
