// A world's topology at random.
import { aggregateNames, eventSchema, type Declaration, type WindowDeclaration } from './declaration.ts';
import type { Chance } from './random.ts';

const MINUTE_MS = 60_000;

function makeWindow(chance: Chance): WindowDeclaration {
  const paneMs = chance.pick([1, 5, 15]) * MINUTE_MS;
  const isSliding = !chance.once(4);
  const aggregates = aggregateNames.filter(() => chance.once(2));
  return {
    kind: isSliding ? 'sliding' : 'tumbling',
    sizeMs: isSliding ? paneMs * (1 + chance.below(12)) : paneMs,
    paneMs,
    aggregates: aggregates.length === 0 ? ['count'] : aggregates,
  };
}

export function makeDeclaration(name: string, chance: Chance): Declaration {
  return {
    name,
    topic: `${name}-events`,
    partitions: 1 + chance.below(3),
    reader: eventSchema('timestamp-millis'),
    allowedLatenessMs: chance.pick([0, 1, 5, 10]) * MINUTE_MS,
    allowedAheadMs: chance.pick([5, 60, 60]) * MINUTE_MS,
    dedupeWithinMs: 24 * 60 * MINUTE_MS,
    amountMax: chance.pick([100, 1_000]),
    amountOtherwise: chance.pick(['dead-letter', 'null']),
    windows: Array.from({ length: 1 + chance.below(3) }, () => makeWindow(chance)),
    labelTimeoutMs: chance.pick([1, 2, 24]) * 60 * MINUTE_MS,
    earlyMs: chance.pick([0, 10, 60]) * MINUTE_MS,
    fallback: 0.25,
    control: chance.once(2) ? { everyMs: chance.pick([10, 60, 240]) * MINUTE_MS, mode: 'live' } : null,
    hasModel: !chance.once(6),
  };
}
