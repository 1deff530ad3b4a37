/** The reference page of aggregates and windows, from their docstrings. Control path. */
import { documentedFunctions, interfaceMembers } from './docstrings.ts';
import { code, table } from './markdown.ts';
import { functionText, optionsTable } from './reference.ts';

/** The functions of each file. */
const AGGREGATES: Readonly<Record<string, readonly string[]>> = {
  count: ['count'],
  rate: ['rate'],
  sum: ['sum'],
  mean: ['mean'],
  variance: ['variance'],
  std: ['std'],
  skewness: ['skewness'],
  kurtosis: ['kurtosis'],
  min: ['min'],
  max: ['max'],
  first: ['first', 'firstCategory'],
  last: ['last', 'lastCategory'],
  share: ['share'],
  ewma: ['ewma'],
  'decayed-sum': ['decayedSum', 'decayedCount'],
  trend: ['trend'],
  'time-since-last': ['timeSinceLast'],
  'inter-arrival': ['interArrivalMean', 'interArrivalStd'],
  distinct: ['distinct'],
  entropy: ['entropy'],
  quantiles: ['quantiles'],
  histogram: ['histogram'],
  'top-k': ['topK'],
  'last-k': ['lastK', 'lastKCategories', 'distinctLastK', 'distinctLastKCategories'],
};

const AGGREGATE_OPTIONS: ReadonlyArray<readonly [names: readonly string[], file: string, options: string]> = [
  [['ewma', 'decayedSum', 'decayedCount'], 'decay', 'Decay'],
  [['distinct'], 'distinct', 'DistinctOptions'],
  [['entropy'], 'entropy', 'EntropyOptions'],
  [['quantiles'], 'quantiles', 'QuantilesOptions'],
  [['histogram'], 'histogram', 'HistogramOptions'],
  [['topK'], 'top-k', 'TopKOptions'],
  [['lastK', 'lastKCategories', 'distinctLastK', 'distinctLastKCategories'], 'last-k', 'LastKOptions'],
];

/** The windows by file, and the options of one. */
const WINDOWS: ReadonlyArray<readonly [file: string, name: string, options?: string]> = [
  ['panes/panes', 'tumbling', 'TumblingOptions'],
  ['settling/session', 'session', 'SessionOptions'],
  ['settling/calendar', 'calendar', 'CalendarOptions'],
  ['last-events', 'lastEvents', 'LastEventsOptions'],
  ['settling/lifetime', 'lifetime'],
  ['shifted', 'shifted'],
];

/** Aggregates, then windows. */
export function aggregatesReference(): string {
  const aggregates = Object.entries(AGGREGATES).flatMap(([file, names]) =>
    names.map((name) => [code(name), functionText(`src/window/aggregates/${file}.ts`, name).join(' ')]),
  );
  const windows = WINDOWS.flatMap(([file]) =>
    documentedFunctions(`src/window/${file}.ts`).map(({ name, text }) => [code(name), text]),
  );
  return [
    '## Aggregates',
    table(['aggregate', 'value'], aggregates),
    ...optionsTable(['AggregateOptions', 'BucketOptions'], 'src/window/aggregate.ts'),
    'Some have options of their own, beside these:',
    table(
      ['aggregate', 'option', 'meaning'],
      AGGREGATE_OPTIONS.flatMap(([names, file, options]) =>
        interfaceMembers(`src/window/aggregates/${file}.ts`, options).map(({ name, optional, text }) => [
          names.map(code).join(', '),
          code(optional ? `${name}?` : name),
          text,
        ]),
      ),
    ),
    '## Windows',
    table(['window', 'covers'], windows),
    'Some have options:',
    table(
      ['window', 'option', 'meaning'],
      WINDOWS.flatMap(([file, name, options]) =>
        options === undefined
          ? []
          : interfaceMembers(`src/window/${file}.ts`, options).map((option) => [
              code(name),
              code(`${option.name}?`),
              option.text,
            ]),
      ),
    ),
  ].join('\n\n');
}
