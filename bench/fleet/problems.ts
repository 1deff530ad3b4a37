// What went wrong in a run of the fleet, whatever was done to it (control path).
import type { WhatCame } from './client-process.ts';
import type { Outcome } from './outcome.ts';

export interface FleetRun {
  readonly sent: number;
  readonly lagEndsAtZero: boolean;
  readonly came: WhatCame;
  readonly outcome: Outcome;
  readonly crashes: readonly string[];
}

/** A check: whether it failed, and what it says then. */
export type Check = readonly [isWrong: boolean, says: string];

/** @param more what the suite promises beyond that each event has one prediction, everywhere */
export function problemsOf(run: FleetRun, more: readonly Check[]): string[] {
  const { sent, lagEndsAtZero, came, outcome, crashes } = run;
  const { lost, doubled, strange, events } = outcome;
  const checks: readonly Check[] = [
    [events !== sent, `${sent} events sent, ${events} in the topic`],
    [lost + doubled + strange > 0, `${lost} predictions lost, ${doubled} doubled, ${strange} of no event`],
    ...more,
    [came.predictions !== events, `${events - came.predictions} predictions did not come to subscribers`],
    [!lagEndsAtZero, 'the lag does not end at zero'],
    [crashes.length > 0, crashes.join('; ')],
    [came.errors.length > 0, came.errors.join('; ')],
  ];
  return checks.flatMap(([isWrong, says]) => (isWrong ? [says] : []));
}
