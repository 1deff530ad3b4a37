// What a setting is (control path): an environment variable that is declared once, with its type, default and text. The
// configuration, `millrace settings`, the checks at start and the table in docs/operations.md follow from it.
import { resolve } from 'node:path';
import { messageOf, MillraceError } from './errors.ts';
import { parseHostListUrl } from './host-list-url.ts';
import { LIST_FORMS, type ListForm } from './list-forms.ts';
import { keepSecret, keepUrlSecrets, redacted, withoutCredentials } from './secrets.ts';
import { type Environment, fileVariableOf, settingText } from './setting-text.ts';

export type { Environment };

interface Described {
  /** What the setting does, in sentences. */
  readonly description: string;
  /** Whether the setting must be set. Without it and without a default, the value is null if it is not set. */
  readonly required?: boolean;
  /**
   * A secret, such as a password, is removed from everything that the process writes, and can come from the file that the
   * variable NAME_FILE names. The same holds for the credentials in a URL, without this.
   */
  readonly secret?: boolean;
}

export type SettingOptions = Described &
  (
    | { readonly kind: 'text'; readonly charactersMin?: number; readonly default?: string }
    /** A path, resolved against the working folder, or a URL of one of the protocols. */
    | { readonly kind: 'path'; readonly protocols?: readonly string[]; readonly default?: string }
    | {
        readonly kind: 'url';
        readonly protocols: readonly string[];
        /** Those of the protocols whose URLs may list several hosts, separated by commas. */
        readonly hostLists?: readonly string[];
        readonly default?: string;
      }
    | { readonly kind: 'integer'; readonly min?: number; readonly max?: number; readonly default?: number }
    /** true, yes, on or 1; false, no, off or 0. */
    | { readonly kind: 'flag'; readonly default?: boolean }
    | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly default?: string }
    /** Values separated by commas, at least one. */
    | {
        readonly kind: 'list';
        readonly choices?: readonly string[];
        /** `addresses`: each is `host:port`. `hosts`: each is a name or an address. `origins`: each is a web origin. */
        readonly form?: ListForm;
        readonly default?: readonly string[];
      }
  );

type Value = string | number | boolean | readonly string[];

type Chosen<O> = O extends { readonly choices: ReadonlyArray<infer C extends string> } ? C : string;

type Parsed<O extends SettingOptions> = O['kind'] extends 'integer'
  ? number
  : O['kind'] extends 'flag'
    ? boolean
    : O['kind'] extends 'list'
      ? ReadonlyArray<Chosen<O>>
      : Chosen<O>;

type Absent<O> = O extends { readonly default: Value } | { readonly required: true } ? never : null;

/** The type of a setting's value: null for one that may be absent. */
export type ValueOf<O extends SettingOptions> = Parsed<O> | Absent<O>;

export interface Setting<T> {
  readonly name: string;
  readonly description: string;
  /** The values that it accepts, for people: `integer from 0 to 65535`. */
  readonly accepts: string;
  /** The default as one would write it in the environment; null if there is none. */
  readonly defaultText: string | null;
  readonly isRequired: boolean;
  readonly isSecret: boolean;
  /** The variable that names a file with the value, for a secret or a URL, which may have a password; null for others. */
  readonly fileVariable: string | null;
  /** A text as it may be printed: without the user and password of a URL, and `(secret)` for a secret. */
  show(text: string): string;
  /**
   * The text that the environment gives, or the file that it names, without its last line break; undefined or empty if it is
   * not set. Secrets in it are known to the process from then on.
   * @throws Error if both are set, or the file cannot be read
   */
  text(environment: Environment): string | undefined;
  /** The value of a text; undefined or empty is not set. @throws Error that says what is accepted */
  parse(text: string | undefined): T;
  /**
   * The value that the environment gives, `process.env` by default.
   * @throws MillraceError CONFIG_INVALID if the value is invalid, or is required and not set
   */
  read(environment?: Environment): T;
}

/** Settings of the engine begin with it, and no others do. */
export const ENGINE_PREFIX = 'MILLRACE_';

const NAME = /^[A-Z][A-Z0-9_]*$/;

/**
 * Declares a setting of a topology, a sink, a stage or a route: list it in the topology's `settings`, so that it is
 * checked before anything starts and shown by `millrace settings FILE`, and read it where it is needed.
 * @param name of the environment variable: capital letters, digits and underscores, without the prefix MILLRACE_
 * @throws MillraceError CONFIG_INVALID for another name, or a default that the setting does not accept
 * @example
 * const auditUrl = setting('AUDIT_URL', { kind: 'url', protocols: ['https'], description: 'Where audits go.' });
 * const url: string | null = auditUrl.read();
 */
export function setting<const O extends SettingOptions>(name: string, options: O): Setting<ValueOf<O>> {
  if (name.startsWith(ENGINE_PREFIX))
    throw new MillraceError('CONFIG_INVALID', `the prefix ${ENGINE_PREFIX} is reserved for the engine`, {
      where: `setting ${name}`,
      remedy: 'Choose a name with a prefix of your own.',
    });
  return engineSetting(name, options);
}

/** The same for the engine itself, whose settings have the prefix MILLRACE_. */
export function engineSetting<const O extends SettingOptions>(name: string, options: O): Setting<ValueOf<O>> {
  if (!NAME.test(name))
    throw new MillraceError('CONFIG_INVALID', 'a setting has capital letters, digits and underscores', {
      where: `setting ${name}`,
    });
  const { description, required: isRequired = false, secret: isSecret = false, default: absent } = options;
  if (absent !== undefined && parsed(options, String(absent)) === null)
    throw new MillraceError(
      'CONFIG_INVALID',
      `the default is not accepted; expected ${acceptedBy(options)}`,
      {
        where: `setting ${name}`,
      },
    );
  // What `valueOf` gives is of the kind that O declares.
  const parse = (text: string | undefined): ValueOf<O> => valueOf(options, text) as ValueOf<O>;
  const fileVariable = isSecret || options.kind === 'url' ? fileVariableOf(name) : null;
  const text = (environment: Environment): string | undefined => {
    const given = settingText(name, fileVariable, environment);
    if (given === undefined || fileVariable === null) return given;
    if (isSecret) keepSecret(given, name);
    if (options.kind === 'url') keepUrlSecrets(given, name);
    return given;
  };
  return {
    name,
    description,
    accepts: acceptedBy(options),
    defaultText: absent === undefined ? null : String(absent),
    isRequired,
    isSecret,
    fileVariable,
    show: (given) => (isSecret ? '(secret)' : shown(options, given)),
    text,
    parse,
    read(environment: Environment = process.env): ValueOf<O> {
      try {
        return parse(text(environment));
      } catch (error) {
        throw new MillraceError('CONFIG_INVALID', messageOf(error), { where: name });
      }
    },
  };
}

/** @throws Error that says what is accepted; it never repeats the text, which may be a secret */
function valueOf(options: SettingOptions, text: string | undefined): Value | null {
  if (text === undefined || text === '') {
    if (options.required === true) throw new Error('not set');
    if (options.default === undefined) return null;
    return options.kind === 'path' ? resolve(options.default) : options.default;
  }
  const value = parsed(options, text);
  if (value === null) throw new Error(`invalid value; expected ${acceptedBy(options)}`);
  return value;
}

const FLAGS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['true', '1', 'yes', 'on', 'y', 'enabled'].map((text) => [text, true])),
  ...Object.fromEntries(['false', '0', 'no', 'off', 'n', 'disabled'].map((text) => [text, false])),
};

function range({ min, max }: { readonly min?: number; readonly max?: number }): string {
  const shown = (n: number): string => n.toLocaleString('en-US');
  if (min !== undefined && max !== undefined) return ` from ${shown(min)} to ${shown(max)}`;
  if (min !== undefined) return ` of ${shown(min)} or more`;
  return max === undefined ? '' : ` of ${shown(max)} or less`;
}

function acceptedBy(options: SettingOptions): string {
  switch (options.kind) {
    case 'text':
      return options.charactersMin === undefined
        ? 'text'
        : `text of ${options.charactersMin} characters or more`;
    case 'path':
      return options.protocols === undefined ? 'path' : `path, or ${options.protocols.join(' or ')} URL`;
    case 'url':
      return `${options.protocols.join(' or ')} URL`;
    case 'integer':
      return `integer${range(options)}`;
    case 'flag':
      return 'true or false';
    case 'choice':
      return `one of ${options.choices.join(', ')}`;
    case 'list':
      if (options.form !== undefined)
        return `${LIST_FORMS[options.form].accepts}, several separated by commas`;
      return options.choices === undefined
        ? 'values separated by commas'
        : `comma-separated list of ${options.choices.join(', ')}`;
  }
}

/** Null if the text is not one of the accepted values. */
function parsed(options: SettingOptions, text: string): Value | null {
  switch (options.kind) {
    case 'text':
      return text.length >= (options.charactersMin ?? 1) ? text : null;
    case 'path':
      return pathOf(text, options.protocols);
    case 'url':
      return isUrl(text, options) ? text : null;
    case 'integer': {
      const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
      const value = Number(text);
      return /^[+-]?\d+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= min && value <= max
        ? value
        : null;
    }
    case 'flag':
      return FLAGS[text.trim().toLowerCase()] ?? null;
    case 'choice':
      return options.choices.includes(text) ? text : null;
    case 'list': {
      const values = text.split(',').map((part) => part.trim());
      const given = values.filter((part) => part !== '');
      const isKnown = given.every(
        (part) =>
          (options.choices?.includes(part) ?? true) &&
          (options.form === undefined || LIST_FORMS[options.form].isValid(part)),
      );
      return given.length > 0 && isKnown ? given : null;
    }
  }
}

/** Null for a URL of one of the protocols that is not well-formed. */
function pathOf(text: string, protocols: readonly string[] = []): string | null {
  const isMeant = protocols.some((protocol) => text.toLowerCase().startsWith(`${protocol}:`));
  if (!isMeant) return resolve(text);
  return isUrl(text, { protocols }) ? text : null;
}

function shown(options: SettingOptions, text: string): string {
  if (options.kind !== 'url') return redacted(text);
  return isUrl(text, options) ? withoutCredentials(text) : '(invalid)';
}

interface UrlOptions {
  readonly protocols: readonly string[];
  readonly hostLists?: readonly string[];
}

function isUrl(text: string, { protocols, hostLists = [] }: UrlOptions): boolean {
  const parsed = parseHostListUrl(text);
  if (parsed === null) return false;
  const protocol = protocols.find((name) => parsed.url.protocol === `${name}:`);
  return protocol !== undefined && (parsed.hosts.length === 1 || hostLists.includes(protocol));
}
