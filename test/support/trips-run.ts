// Contracts over the events of vehicles, which come in the batches and with the restarts of any plan (for tests).
import fc from 'fast-check';
import {
  contract,
  defineTopology,
  features,
  numeric,
  score,
  watermarks,
  type Rule,
  type Topology,
} from '../../src/index.ts';
import type { TopologyDriver } from '../../src/testing/index.ts';
import { eventArbitrary, LATENESS, trips, WINDOW, type Event, type Read } from './trips.ts';

/** Sizes of batches, each with whether the process restarts after it; again from the first if there are more events. */
export type Plan = ReadonlyArray<readonly [size: number, restarts: boolean]>;

export const stepsArbitrary: fc.Arbitrary<Array<Omit<Event, 'at'> & { readonly step: number }>> = fc.array(
  eventArbitrary,
  { minLength: 25, maxLength: 60 },
);
export const planArbitrary: fc.Arbitrary<Plan> = fc.array(
  fc.tuple(fc.integer({ min: 1, max: 12 }), fc.boolean()),
  { minLength: 1, maxLength: 12 },
);

/** The events that these steps make. @param distanceMs from the event before */
export function eventsOf(
  steps: ReadonlyArray<Omit<Event, 'at'> & { readonly step: number }>,
  distanceMs: (step: number) => number = (step) => step,
): Event[] {
  let at = 600_000;
  return steps.map(({ step, ...event }) => ({ ...event, at: (at += distanceMs(step)) }));
}

/** A topology that checks trips against rules. */
export function checkedTrips(rules: ReadonlyArray<Rule<Read | 'note: string'>>): Topology {
  return defineTopology(trips, {
    stages: [
      contract(rules),
      watermarks({ allowedLatenessMs: LATENESS }),
      features({ fields: { km: numeric('km') } }),
      score({ key: 'id' }),
    ],
    control: { everyMs: WINDOW, mode: 'live' },
  });
}

/** Sends the events as planned, each with its index as its `id`. @param sent called after each batch, before a restart */
export async function sendAs(
  plan: Plan,
  driver: TopologyDriver,
  events: readonly Event[],
  sent: () => void = () => undefined,
): Promise<void> {
  let from = 0;
  for (let i = 0; from < events.length; i++) {
    const [size, restarts] = plan[i % plan.length] ?? [1, false];
    const part = events.slice(from, from + size);
    await driver.send(part.map((event, k) => ({ ...event, id: String(from + k) })));
    sent();
    if (restarts) await driver.restart();
    from += size;
  }
}
