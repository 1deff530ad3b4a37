// What an attack must not achieve, and the count of what it tried.

/** In the order of the report. */
export const faults = [
  'crashed',
  'stuck',
  'unauthorized',
  'leaked',
  'lost',
  'doubled',
  'over memory',
  'slow',
  'wrong',
] as const;
export type Fault = (typeof faults)[number];

export interface Finding {
  readonly fault: Fault;
  readonly what: string;
  /** The round that was played then; null: it belongs to the run as a whole. */
  readonly round: Round | null;
}

/** One attack, all of it from its seed. */
export interface Round {
  readonly seed: number;
  readonly attack: string;
}

const PER_FAULT_MAX = 200;

export class Findings {
  readonly all: Finding[] = [];
  /** Requests, messages and records by kind. */
  readonly tried: Map<string, number> = new Map();
  /** Set before each attack. */
  round: Round | null = null;

  tries(kind: string, count = 1): void {
    this.tried.set(kind, (this.tried.get(kind) ?? 0) + count);
  }

  add(fault: Fault, what: string): void {
    if (this.countOf(fault) < PER_FAULT_MAX) this.all.push({ fault, what, round: this.round });
  }

  countOf(fault: Fault): number {
    return this.all.filter((finding) => finding.fault === fault).length;
  }
}
