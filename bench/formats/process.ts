// Measures one format's decoding (control path), in a process of its own: what one format has taught the compiler must not
// help or hinder another.
import { measure } from 'mitata';
import { argument, tellParent } from '../child.ts';
import { formatCase, ROWS } from './cases.ts';

export interface FormatRequest {
  readonly format: string;
}

export interface FormatAnswer {
  readonly kind: 'figure';
  readonly bytesPerEvent: number;
  /** Lower quartile of the batches: those least disturbed by other work on the machine. */
  readonly nsPerEvent: number;
}

const tell: (message: FormatAnswer) => void = tellParent;
const CASE_NS = 1e9;

const { format } = argument() as FormatRequest;
const measured = await formatCase(format);
const { p25 } = await measure(async () => measured.decode(), { min_cpu_time: CASE_NS, min_samples: 50 });
tell({ kind: 'figure', bytesPerEvent: measured.bytesPerEvent, nsPerEvent: p25 / ROWS });
process.exit(0);
