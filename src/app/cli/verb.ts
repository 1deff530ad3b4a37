// Declares the verbs of the command line (control path): each is one file in commands/ that exports its declaration.
// Parsing, help, the checks and docs/reference/cli.md follow from it. An action imports what it needs only when it runs,
// so that help answers at once.
import type { Config } from '../settings/config.ts';
import { Flags, refuseAny } from './flags.ts';

export interface Argument {
  readonly description: string;
  readonly optional?: boolean;
  /** One or more words; only the last argument can be so. */
  readonly several?: boolean;
}

export interface Option<T> {
  /** `--port <port>`, `--code <code...>` for several values, or `--json` for a flag without a value. */
  readonly flag: string;
  readonly description: string;
  /** What the command line gives if the option is absent; the help shows it. */
  readonly default?: string;
  /** Whether each occurrence adds a value. */
  readonly isRepeated?: boolean;
  /** Reads what commander parsed; problems are collected in `flags`. */
  readonly read: (given: unknown, flags: Flags) => T;
}

/** `<topology>`, `[version]` or `<files...>`, as help shows an argument. */
export function argumentForm(name: string, { optional, several }: Argument): string {
  const words = several === true ? `${name}...` : name;
  return optional === true ? `[${words}]` : `<${words}>`;
}

/** An option without a value. */
export function toggle(flag: string, description: string): Option<boolean> {
  return { flag, description, read: (given) => given === true };
}

/** An option with a value; undefined if it is absent. `parse` throws with what to give instead. */
export function valued<T>(
  flag: string,
  description: string,
  parse: (text: string) => T,
): Option<T | undefined> {
  const name = flag.split(' ', 1)[0] ?? flag;
  // commander gives the text of the value, or nothing.
  return { flag, description, read: (given, flags) => flags.read(name, given as string | undefined, parse) };
}

/** An option with a value and a default. */
export function defaulted<T>(
  flag: string,
  description: string,
  parse: (text: string) => T,
  defaultText: string,
): Option<T> {
  const { read } = valued(flag, description, parse);
  return {
    flag,
    description,
    default: defaultText,
    // A problem is reported before an action sees the default in its place.
    read: (given, flags) => read(given, flags) ?? parse(defaultText),
  };
}

/** An option that must be given. */
export function required<T>(flag: string, description: string, parse: (text: string) => T): Option<T> {
  const { read } = valued(flag, description, parse);
  const name = flag.split(' ', 1)[0] ?? flag;
  return {
    flag,
    description,
    read(given, flags) {
      if (given === undefined) flags.problems.push(`${name}: not given; this command requires it`);
      return read(given, flags) as T; // undefined is a problem, and problems are reported before the action runs
    },
  };
}

/** An option with one or more values; undefined if it is absent. */
export function several<T>(
  flag: string,
  description: string,
  parse: (text: string) => T,
): Option<readonly T[] | undefined> {
  const name = flag.split(' ', 1)[0] ?? flag;
  return {
    flag,
    description,
    read(given, flags) {
      const texts = given as readonly string[] | undefined; // as commander gives a variadic option
      return texts?.flatMap((text) => flags.read(name, text, parse) ?? []);
    },
  };
}

/** An option that may be given more than once, each time with one value; undefined if it is absent. */
export function repeated<T>(
  flag: string,
  description: string,
  parse: (text: string) => T,
): Option<readonly T[] | undefined> {
  return { ...several(flag, description, parse), isRepeated: true };
}

type Arguments = Readonly<Record<string, Argument>>;
type Options = Readonly<Record<string, Option<unknown>>>;

/** What an action is given: the arguments and options by name. */
export type Given<A extends Arguments, O extends Options> = {
  readonly [N in keyof A]: A[N] extends { readonly several: true }
    ? readonly string[]
    : A[N] extends { readonly optional: true }
      ? string | undefined
      : string;
} & { readonly [N in keyof O]: O[N] extends Option<infer T> ? T : never };

interface Described {
  readonly name: string;
  /** An imperative phrase without a full stop. */
  readonly description: string;
  /** Paragraphs that the help shows below the options. */
  readonly notes?: string;
  /** Command lines. */
  readonly examples: readonly string[];
}

export interface VerbDeclaration<A extends Arguments, O extends Options> extends Described {
  readonly arguments: A;
  readonly options: O;
  action(given: Given<A, O>): Promise<void>;
}

export interface ConfiguredVerbDeclaration<A extends Arguments, O extends Options> extends Described {
  readonly arguments: A;
  readonly options: O;
  /** Settings that the verb cannot do without. */
  readonly requires?: readonly string[];
  action(given: Given<A, O>, config: Config): Promise<void>;
}

/** A verb as the command line runs it: `run` gets the words and options as commander parsed them. */
export interface Verb extends Described {
  readonly arguments: Arguments;
  readonly options: Options;
  /** The verbs of a group such as `models`; empty for a verb with an action. */
  readonly verbs: readonly Verb[];
  run(words: readonly unknown[], options: Readonly<Record<string, unknown>>): Promise<void>;
}

function read<A extends Arguments, O extends Options>(
  declared: { readonly arguments: A; readonly options: O },
  words: readonly unknown[],
  options: Readonly<Record<string, unknown>>,
  flags: Flags,
): Given<A, O> {
  const named = Object.keys(declared.arguments).map((name, index) => [name, words[index]]);
  const read = Object.entries(declared.options).map(([name, option]) => [
    name,
    option.read(options[name], flags),
  ]);
  return Object.fromEntries([...named, ...read]) as Given<A, O>; // one entry a declared name, read by its own option
}

/** A verb that reads no settings. */
export function verb<const A extends Arguments, const O extends Options>(
  declaration: VerbDeclaration<A, O>,
): Verb {
  return {
    ...declaration,
    verbs: [],
    async run(words, options) {
      const flags = new Flags();
      const given = read(declaration, words, options, flags);
      refuseAny(flags.problems, `See millrace ${declaration.name} --help.`);
      await declaration.action(given);
    },
  };
}

/** A verb that reads the settings; their problems are reported together with those of the options. */
export function configuredVerb<const A extends Arguments, const O extends Options>(
  declaration: ConfiguredVerbDeclaration<A, O>,
): Verb {
  return {
    ...declaration,
    verbs: [],
    async run(words, options) {
      const flags = new Flags();
      const given = read(declaration, words, options, flags);
      const { readConfig, unknownVariables } = await import('../settings/config.ts');
      const config = readConfig(process.env, flags.problems, declaration.requires);
      // The supervisor of a worker has warned already.
      const warnings = process.connected ? [] : unknownVariables(process.env);
      for (const warning of warnings) process.stderr.write(`millrace: ${warning}\n`);
      const { inProject } = await import('../settings/project.ts');
      const { topology } = given as { readonly topology?: unknown }; // the name of the argument that is a topology's file
      await declaration.action(given, typeof topology === 'string' ? inProject(config, topology) : config);
    },
  };
}

/** A verb that has verbs of its own. */
export function verbGroup(group: Described & { readonly verbs: readonly Verb[] }): Verb {
  const run = (): Promise<void> => Promise.resolve(); // never: commander asks for one of the verbs
  return { ...group, arguments: {}, options: {}, run };
}
