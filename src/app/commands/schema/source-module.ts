// The text of a TypeScript module with an inferred source (control path).
import type { InferredColumn } from './observed-columns.ts';

const COMMENT_WIDTH = 100;

export interface InferredSource {
  /** The topic of the source. */
  readonly topic: string;
  /** Where the records are from, and how many they were. */
  readonly from: string;
  readonly columns: readonly InferredColumn[];
}

export function sourceModule({ topic, from, columns }: InferredSource): string {
  const usable = columns.filter(({ type }) => type !== null);
  const eventTime = usable.find(
    ({ type, isNullable, nullableItems }) => type === 'timestamp' && !isNullable && nullableItems === null,
  );
  // Those without a type are left out.
  const types = new Set(usable.map(({ type, unit }) => (unit === null ? (type as string) : 'timestampIn')));
  const imports = [
    'json',
    'source',
    ...types,
    ...(usable.some(({ isNullable, nullableItems }) => isNullable || nullableItems === true)
      ? ['nullable']
      : []),
    ...(usable.some(({ nullableItems }) => nullableItems !== null) ? ['list'] : []),
  ];
  return [
    `// Inferred by \`millrace schema infer\` from ${oneLine(from)}. Check it before you commit it.`,
    `import { ${imports.toSorted().join(', ')} } from 'millrace';`,
    '',
    `export const ${constantName(topic)} = source(${quoted(topic)}, {`,
    '  schema: {',
    ...columns.map((column) => columnLine(column)),
    '  },',
    eventTime === undefined
      ? "  eventTime: '', // no column is an instant in every record: name the event time"
      : `  eventTime: ${quoted(eventTime.name)},`,
    '  format: json(),',
    '});',
    '',
  ].join('\n');
}

function columnLine({ name, type, unit, isNullable, nullableItems, note }: InferredColumn): string {
  if (type === null) return `    // ${oneLine(name)}: left out, ${note}`;
  const own = unit === null ? type : `timestampIn('${unit}')`;
  const item = nullableItems === true ? `nullable(${own})` : own;
  const value = nullableItems === null ? own : `list(${item})`;
  return `    ${propertyName(name)}: ${isNullable ? `nullable(${value})` : value},`;
}

/** Names are what producers wrote: none may end a comment. */
function oneLine(text: string): string {
  const shown = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[\u2028\u2029]/g, '');
  return shown.length > COMMENT_WIDTH ? `${shown.slice(0, COMMENT_WIDTH)}…` : shown;
}

function propertyName(name: string): string {
  // `__proto__: x` sets the prototype of an object; a computed name does not.
  if (name === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

/** `card-payments.v2` as the name of a constant: cardPaymentsV2. */
function constantName(topic: string): string {
  const words = topic.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const [first = 'events', ...rest] = words;
  const name =
    first.charAt(0).toLowerCase() +
    first.slice(1) +
    rest.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(name) ? `${name}Source` : `source${name}`;
}
