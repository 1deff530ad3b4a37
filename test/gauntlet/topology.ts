// A world's topology, built from its declaration.
import {
  atLeast,
  binary,
  categorical,
  contract,
  count,
  dedupe,
  defineTopology,
  features,
  labels,
  last,
  max,
  mean,
  min,
  numeric,
  oneOf,
  range,
  rate,
  required,
  score,
  sliding,
  sum,
  tumbling,
  view,
  watermarks,
  type Topology,
} from '../../src/index.ts';
import type { Views } from '../../src/operators/feature-layout.ts';
import type { View } from '../../src/operators/view.ts';
import { eventKinds, type AggregateName, type Declaration, type WindowDeclaration } from './declaration.ts';

const ORDERS = { kind: 'order' } as const;

function aggregate(
  name: AggregateName,
  { kind, sizeMs, paneMs }: WindowDeclaration,
): View['features'][string] {
  const options = { over: kind === 'sliding' ? sliding(sizeMs, paneMs) : tumbling(sizeMs), where: ORDERS };
  switch (name) {
    case 'count':
      return count(options);
    case 'rate':
      return rate(options);
    case 'sum':
      return sum('amount', options);
    case 'mean':
      return mean('amount', options);
    case 'min':
      return min('amount', options);
    case 'max':
      return max('amount', options);
    case 'last':
      return last('amount', options);
  }
}

export function worldTopology(declaration: Declaration): Topology {
  const windowed = declaration.windows.flatMap((window, w) =>
    window.aggregates.map((name) => [`${name}_${w}`, aggregate(name, window)] as const),
  );
  // Its names are known at run time alone.
  const views: Views = { user: view(['user'], Object.fromEntries(windowed)) };
  const { allowedLatenessMs, allowedAheadMs } = declaration;
  const otherwise = declaration.amountOtherwise === 'null' ? { default: null } : declaration.amountOtherwise;
  return defineTopology({
    name: declaration.name,
    source: { topic: declaration.topic, eventTime: 'at', partitions: declaration.partitions },
    stages: [
      contract('contract', [
        required('user', { where: ORDERS }),
        oneOf('kind', [...eventKinds]),
        range('amount', 0, declaration.amountMax, { otherwise }),
      ]),
      dedupe('dedupe', { by: ['event'], withinMs: declaration.dedupeWithinMs }),
      watermarks('watermarks', { allowedLatenessMs, allowedAheadMs }),
      features('features', {
        when: ORDERS,
        fields: { amount: numeric('amount'), user: categorical('user') },
        views,
      }),
      score('score', { key: 'id', fallback: declaration.fallback }),
      labels('labels', {
        key: 'id',
        when: { kind: 'payment' },
        task: binary({ column: 'paid', positive: atLeast(1) }),
        never: { kind: 'withdrawn' },
        timeoutMs: declaration.labelTimeoutMs,
        earlyMs: declaration.earlyMs,
      }),
    ],
    ...(declaration.control === null
      ? {}
      : { control: declaration.control, drift: { rowsMin: 10, intervals: 3 } }),
  });
}
