// Where the parts of a topology are defined, and what is wrong with each (control path). A factory passes what it returns
// through `defined`; `defineTopology` then reports the problems of all parts at once, each with its file, line and column.
import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suggestion } from './unknown-keys.ts';

/** What is wrong with a part of a definition. */
export interface Problem {
  /** Where in the definition: `stages[2].views.card`. */
  readonly path: string;
  readonly what: string;
  /** `payments.ts:14:7`; null if it is not known. */
  readonly at: string | null;
}

/** What a factory was called with. */
export interface Definition {
  /** Arguments by name: what is in them is checked as well. */
  readonly given: object;
  /** An object that has a key for each option that there is; others in `given` are problems. Left out: any. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Problems that the factory has found: a path within `given`, and what is wrong there. */
  readonly problems?: ReadonlyArray<readonly [path: string, what: string]>;
}

interface Defined extends Definition {
  /** Its stack is formatted only when a place is asked for. */
  readonly caller: Error;
}

const definitions = new WeakMap<object, Defined>();

/**
 * Remembers what a part of a topology was defined with, and where.
 * @example
 * export function mode<const C extends string>(column: C, options: ModeOptions): Aggregate<StringRead<C>> {
 *   return defined({ ... }, { given: options, options: { over: true, where: true } });
 * }
 */
export function defined<T extends object>(part: T, definition: Definition): T {
  definitions.set(part, { ...definition, caller: new Error('defined here') });
  return part;
}

/** Remembers a part as what another was defined with, and where that was. */
export function definedLike<T extends object>(part: T, other: object): T {
  const definition = definitions.get(other);
  if (definition !== undefined) definitions.set(part, definition);
  return part;
}

/** What a part was defined with; undefined for one that `defined` has not seen. */
export function givenTo(part: object): object | undefined {
  return definitions.get(part)?.given;
}

/** The file, line and column of the call that defined the part; null if it is not known. */
export function definedAt(part: object): string | null {
  const caller = definitions.get(part)?.caller;
  return caller === undefined ? null : placeOf(caller);
}

/** A place in a definition. */
export interface Place {
  readonly path: string;
  readonly at: string | null;
}

/** A part of a definition, and the parts in it. */
export interface PartTree extends Place {
  readonly part: object;
  readonly inner: readonly PartTree[];
}

/** The tree of the parts below a value: of those that `defined` has seen, and of objects that say what they read. */
export function partsOf(value: unknown, path: string, outerAt: string | null = null): PartTree[] {
  return collect(value, path, outerAt, new Set());
}

function collect(value: unknown, path: string, outerAt: string | null, above: Set<unknown>): PartTree[] {
  if (typeof value !== 'object' || value === null || above.has(value)) return [];
  const definition = definitions.get(value);
  const entries = definition === undefined ? plainEntries(value) : plainEntries(definition.given);
  const at = definedAt(value) ?? outerAt;
  above.add(value);
  const inner = entries.flatMap(([key, part]) => collect(part, join(path, key), at, above));
  above.delete(value);
  return definition === undefined && !('reads' in value) ? inner : [{ path, at, part: value, inner }];
}

/** Entries of objects and arrays as they are written; classes keep what is theirs to themselves. */
function plainEntries(value: object): ReadonlyArray<readonly [string | number, unknown]> {
  if (Array.isArray(value)) return [...value.entries()];
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : [];
}

function join(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (path === '' || key === '') return path + key;
  return key.startsWith('[') ? path + key : `${path}.${key}`;
}

/** The problems of a part itself, unknown options among them. */
export function problemsOf({ part, path, at }: PartTree): Problem[] {
  const definition = definitions.get(part);
  if (definition === undefined) return [];
  const { given, options, problems = [] } = definition;
  return [
    ...(options === undefined ? [] : unknownOptions(given, Object.keys(options), { path, at })),
    ...problems.map(([within, what]) => ({ path: join(path, within), what, at })),
  ];
}

/** A problem for each key of `given` that is not known. */
export function unknownOptions(given: object, known: readonly string[], { path, at }: Place): Problem[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: join(path, key),
      what: `there is no option '${key}'${suggestion(key, known)}`,
      at,
    }));
}

/** A problem in one line. */
export function problemText({ path, what, at }: Problem): string {
  const place = [at, path].filter((part) => part !== null && part !== '').join(' ');
  return place === '' ? what : `${place}: ${what}`;
}

/** The folder of our own code: src, or dist in the package. */
const OWN = new URL('..', import.meta.url).href;
const FRAME = /(?:^|[\s(])((?:file:\/\/|\/|[A-Za-z]:\\)[^()\n]*?):(\d+):(\d+)\)?$/;

/** The first place in a stack that is neither ours nor Node's: `payments.ts:14:7`, relative to the working directory. */
export function placeOf({ stack = '' }: Error): string | null {
  for (const line of stack.split('\n')) {
    const [, file = '', row, column] = FRAME.exec(line) ?? [];
    if (file === '' || file.startsWith(OWN)) continue;
    return `${shortPath(file)}:${row}:${column}`;
  }
  return null;
}

/** A path or file URL, relative to the working directory if it is below it. */
export function shortPath(file: string): string {
  const path = file.startsWith('file:') ? fileURLToPath(file) : file;
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith(`..${sep}`) || isAbsolute(short) ? path : short;
}
