/** Reference pages from the docstrings of what they describe: stages, aggregates, options, error codes. Control path. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentedFunction, documentedFunctions, interfaceMembers } from './docstrings.ts';
import { code, table } from './markdown.ts';

const root = join(import.meta.dirname, '..', '..');

interface Subject {
  readonly file: string;
  readonly functions: readonly string[];
  /** Functions that are members: the name of the value, and its interface. */
  readonly members?: readonly [value: string, shape: string];
  /** Interfaces of the file, or `file#Interface` elsewhere, whose members are the options. */
  readonly options: readonly string[];
}

const OPERATORS = 'src/operators';

const stages: Readonly<Record<string, Subject>> = {
  contract: {
    file: `${OPERATORS}/contract.ts`,
    functions: ['contract'],
    options: [],
  },
  'Rules of a contract': {
    file: `${OPERATORS}/contract-rules.ts`,
    functions: ['required', 'range', 'integer', 'oneOf', 'fresh'],
    options: [`${OPERATORS}/contract-rule.ts#RuleOptions`, 'FreshnessOptions'],
  },
  'Rules over texts and several columns': {
    file: `${OPERATORS}/contract-cross-rules.ts`,
    functions: ['matches', 'length', 'holds'],
    options: [],
  },
  'Rules over lists': {
    file: `${OPERATORS}/contract-list-rules.ts`,
    functions: [],
    members: ['items', 'ItemRules'],
    options: [],
  },
  'Rules over a table': {
    file: `${OPERATORS}/contract-in-table.ts`,
    functions: ['inTable'],
    options: [],
  },
  'Rules over the events of a key': {
    file: `${OPERATORS}/contract-monotonic.ts`,
    functions: ['monotonic'],
    options: ['MonotonicOptions'],
  },
  'Expectations of a partition': {
    file: `${OPERATORS}/contract-expectations.ts`,
    functions: ['volume', 'nullShare', 'recency', 'distribution'],
    options: [
      `${OPERATORS}/contract-expectation.ts#ExpectationOptions`,
      'VolumeOptions',
      'NullShareOptions',
      'RecencyOptions',
      'DistributionOptions',
    ],
  },
  dedupe: { file: `${OPERATORS}/dedupe.ts`, functions: ['dedupe'], options: ['DedupeOptions'] },
  filter: { file: `${OPERATORS}/filter.ts`, functions: ['filter'], options: [] },
  derive: { file: `${OPERATORS}/derive.ts`, functions: ['derive'], options: [] },
  map: { file: `${OPERATORS}/map.ts`, functions: ['map'], options: [] },
  intervalJoin: {
    file: `${OPERATORS}/interval-join.ts`,
    functions: ['intervalJoin'],
    options: ['IntervalJoinOptions'],
  },
  lookup: { file: `${OPERATORS}/lookup.ts`, functions: ['lookup'], options: ['LookupOptions'] },
  watermarks: {
    file: `${OPERATORS}/watermarks.ts`,
    functions: ['watermarks'],
    options: ['WatermarksOptions'],
  },
  profile: { file: `${OPERATORS}/profile.ts`, functions: ['profile'], options: ['ProfileOptions'] },
  repartition: {
    file: `${OPERATORS}/repartition.ts`,
    functions: ['repartition'],
    options: ['RepartitionOptions'],
  },
  flatten: { file: `${OPERATORS}/flatten.ts`, functions: ['flatten'], options: ['FlattenOptions'] },
  features: {
    file: `${OPERATORS}/features.ts`,
    functions: ['features'],
    options: [`${OPERATORS}/feature-layout.ts#FeaturesOptions`],
  },
  score: { file: `${OPERATORS}/score.ts`, functions: ['score'], options: ['ScoreOptions'] },
  labels: {
    file: `${OPERATORS}/labels.ts`,
    functions: ['labels'],
    options: [`${OPERATORS}/labels-options.ts#LabelsOptions`],
  },
};

const EXPRESSIONS = `${OPERATORS}/expressions`;

const expressions: ReadonlyArray<readonly [title: string, file: string]> = [
  ['Numbers', 'arithmetic.ts'],
  ['Conditions', 'conditions.ts'],
  ['Instants', 'calendar.ts'],
  ['Functions of your own', 'functions.ts'],
];

const STATS = 'src/stats';

/** Drift statistics, then detectors. */
const drift: Readonly<Record<string, Subject>> = {
  psi: { file: `${STATS}/psi.ts`, functions: ['psi'], options: ['PsiOptions'] },
  ks: { file: `${STATS}/ks.ts`, functions: ['ks'], options: [] },
  js: { file: `${STATS}/js.ts`, functions: ['js'], options: ['JsOptions'] },
  chiSquare: { file: `${STATS}/chi-square-test.ts`, functions: ['chiSquare'], options: ['ChiSquareOptions'] },
  adwin: { file: `${STATS}/adwin.ts`, functions: ['adwin'], options: ['AdwinOptions'] },
  pageHinkley: {
    file: `${STATS}/page-hinkley.ts`,
    functions: ['pageHinkley'],
    options: ['PageHinkleyOptions'],
  },
};

const TOPOLOGY = 'src/topology';

const topologyOptions: ReadonlyArray<readonly [title: string, file: string, name: string, text: string]> = [
  ['source', `${TOPOLOGY}/source.ts`, 'SourceOptions', 'The second argument of `source(topic, options)`.'],
  [
    'table',
    `${TOPOLOGY}/table.ts`,
    'TableBase',
    'The second argument of `table(name, options)`, for every table.',
  ],
  ['table of a topic', `${TOPOLOGY}/table.ts`, 'TopicTable', 'Besides, for a table of a topic.'],
  ['table of a file', `${TOPOLOGY}/table.ts`, 'FileTable', 'Besides, for a table in a file.'],
  ['table of a query', `${TOPOLOGY}/table.ts`, 'QueryTable', 'Besides, for a table that ClickHouse returns.'],
  [
    'table by HTTP',
    `${TOPOLOGY}/table.ts`,
    'HttpTable',
    'Besides, for a table whose rows a server returns by key.',
  ],
  ['control', `${TOPOLOGY}/learning-options.ts`, 'ControlSettings', 'Control boundaries.'],
  ['drift', `${TOPOLOGY}/learning-options.ts`, 'DriftSettings', 'What counts as drift.'],
  [
    'retraining',
    `${TOPOLOGY}/learning-options.ts`,
    'RetrainingSettings',
    'When and how models are trained; `true` for the defaults.',
  ],
];

const TYPE_LENGTH_MAX = 50;

/** Types that only infer names, or are too long for a cell, are left out: the text says what is meant. */
function shownType(type: string): string {
  const infers = /^(readonly )?([A-Z]\w?|When|Never|Key|By)(\[\])?$/.test(type);
  return infers || type.length > TYPE_LENGTH_MAX ? '' : code(type);
}

export function optionsTable(references: readonly string[], file: string): string[] {
  const rows = references.flatMap((reference) => {
    const [path, name] = reference.includes('#') ? reference.split('#') : [file, reference];
    return interfaceMembers(path as string, name as string);
  });
  if (rows.length === 0) return [];
  return [
    table(
      ['option', 'type', 'meaning'],
      rows.map(({ name, optional, type, text }) => [
        code(optional ? `${name}?` : name),
        shownType(type),
        text,
      ]),
    ),
  ];
}

export function functionText(file: string, name: string): string[] {
  const { text, tags } = documentedFunction(file, name);
  const throws = (tags.get('throws') ?? []).map(
    (thrown) => `Throws ${thrown.replace(/^MillraceError /, '')}.`,
  );
  return [text.replaceAll(/ @see \w+/g, '').replaceAll(/\{@link (\w+)\}/g, '`$1`'), ...throws];
}

/** One section per stage, roughly in the order in which they follow each other. */
export function stagesReference(): string {
  return sections(stages);
}

/** Every function by the module that it is in, then those of strings. */
export function expressionsReference(): string {
  const functions = expressions.flatMap(([title, file]) => [
    `## ${title}`,
    table(
      ['function', 'value'],
      documentedFunctions(`${EXPRESSIONS}/${file}`)
        .filter(({ name }) => /^[a-z]/.test(name) && name !== 'numbersOf')
        .map(({ name, tags }) => [
          code(name),
          [functionText(`${EXPRESSIONS}/${file}`, name).join(' '), ...exampleOf(tags)].join(' '),
        ]),
    ),
  ]);
  const texts = interfaceMembers(`${EXPRESSIONS}/texts.ts`, 'TextFunctions').map(({ name, text }) => [
    code(`text.${name}`),
    text,
  ]);
  return [...functions, '## Strings', table(['function', 'value'], texts)].join('\n\n');
}

/** An example in a line of its own would not fit a cell. */
function exampleOf(tags: ReadonlyMap<string, readonly string[]>): string[] {
  return (tags.get('example') ?? []).filter((text) => !text.includes('\n')).map((text) => code(text));
}

/** One section per drift statistic and detector. */
export function driftReference(): string {
  return sections(drift);
}

function sections(subjects: Readonly<Record<string, Subject>>): string {
  return Object.entries(subjects)
    .flatMap(([title, { file, functions, members, options }]) => [
      `## ${title}`,
      ...(functions.length === 1
        ? functionText(file, functions[0] as string)
        : [
            table(
              ['function', 'meaning'],
              [
                ...functions.map((name) => [code(name), functionText(file, name).join(' ')]),
                ...(members === undefined ? [] : memberRows(file, members)),
              ],
            ),
          ]),
      ...optionsTable(options, file),
    ])
    .join('\n\n');
}

function memberRows(file: string, [value, shape]: readonly [string, string]): string[][] {
  return interfaceMembers(file, shape).map(({ name, text }) => [code(`${value}.${name}`), text]);
}

export function topologyReference(): string {
  return topologyOptions
    .flatMap(([title, file, name, text]) => [`## ${title}`, text, ...optionsTable([name], file)])
    .join('\n\n');
}

/** Codes with the comments beside them. */
export function errorsReference(): string {
  const source = readFileSync(join(root, 'src', 'core', 'errors.ts'), 'utf8');
  const list = source.slice(source.indexOf('errorCodes = ['), source.indexOf('] as const'));
  const rows = [...list.matchAll(/^ {2}'(\w+)',(?: \/\/ (.*))?$/gm)].map(([, name = '', text = '']) => [
    code(name),
    text,
  ]);
  return table(['code', 'meaning'], rows);
}

/** Kafka topics of a topology, from docs/asyncapi.yaml. */
export function topicsReference(): string {
  const source = readFileSync(join(root, 'docs', 'asyncapi.yaml'), 'utf8');
  const channels = source.slice(source.indexOf('\nchannels:'), source.indexOf('\noperations:'));
  const rows = channels.split(/\n(?= {2}\w+:\n)/).flatMap((channel) => {
    const address = /\n {4}address: (\S+)/.exec(channel)?.[1] ?? '';
    if (address === '' || address.startsWith('/')) return [];
    const described = /\n {4}description: (?:\|\n((?: {6}.*\n?)+)|(.*))/.exec(channel);
    const text = (described?.[1] ?? described?.[2] ?? '').replaceAll(/\s+/g, ' ').trim();
    return [[code(address), text]];
  });
  return table(['topic', 'content'], rows);
}
