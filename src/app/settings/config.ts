// Reads the configuration (control path): all settings from the environment, with all problems in one error.
import { messageOf } from '../../core/errors.ts';
import { ENGINE_PREFIX, type Environment, type Setting } from '../../core/setting.ts';
import { editDistance, nearest } from '../../core/unknown-keys.ts';
import { refuseAny } from '../cli/flags.ts';
import { settingGroups, type Values } from './groups.ts';
import { kafkaMechanism, kafkaPassword, kafkaUsername } from './kafka.ts';

export interface KafkaSasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

type Credentials = 'kafkaMechanism' | 'kafkaUsername' | 'kafkaPassword';

/** One field a setting; see the files of the groups. */
export interface Config extends Omit<Values, Credentials> {
  /** Null: the brokers require no authentication. */
  readonly kafkaSasl: KafkaSasl | null;
}

const settings: ReadonlyArray<readonly [field: string, setting: Setting<unknown>]> = settingGroups.flatMap(
  (group) => Object.entries(group.settings),
);

/**
 * @param flagProblems problems of the command's options, reported together with those of the environment
 * @param required settings that the command requires
 * @throws MillraceError CONFIG_INVALID that lists every problem
 */
export function readConfig(
  environment: Environment,
  flagProblems: readonly string[] = [],
  required: readonly string[] = [],
): Config {
  const problems = [...flagProblems];
  const parsed = settings.map(([field, setting]) => {
    if (!isSet(setting, environment) && required.includes(setting.name))
      problems.push(`${setting.name}: not set; this command requires it`);
    return [field, valueOf(setting, environment, problems)] as const;
  });
  const values = Object.fromEntries(parsed) as Values; // one entry a field, parsed by the field's own setting
  const { kafkaMechanism: mechanism, kafkaUsername: username, kafkaPassword: password, ...others } = values;
  problems.push(...saslProblems(environment), ...misspeltVariables(environment));
  refuseAny(problems, 'millrace settings lists every setting.');
  const isWhole = mechanism !== null && username !== null && password !== null;
  return { ...others, kafkaSasl: isWhole ? { mechanism, username, password } : null };
}

/** Undefined if the value is invalid. */
export function valueOf(setting: Setting<unknown>, environment: Environment, problems: string[]): unknown {
  try {
    return setting.parse(setting.text(environment));
  } catch (error) {
    problems.push(`${setting.name}: ${messageOf(error)}`);
    return undefined;
  }
}

function isSet({ name, fileVariable }: Setting<unknown>, environment: Environment): boolean {
  return [name, fileVariable ?? ''].some((variable) => (environment[variable] ?? '') !== '');
}

/** All three, or none. */
const SASL_SETTINGS = [kafkaMechanism, kafkaUsername, kafkaPassword];

function saslProblems(environment: Environment): string[] {
  const missing = SASL_SETTINGS.filter((setting) => !isSet(setting, environment));
  if (missing.length === SASL_SETTINGS.length) return [];
  const all = SASL_SETTINGS.map(({ name }) => name).join(', ');
  return missing.map(({ name }) => `${name}: not set; ${all} belong together`);
}

/** Edits between a name and a setting's up to which it is a misspelt one, whatever it begins with. */
const EDITS_MAX = 2;

const names = settings.flatMap(([, { name, fileVariable }]) =>
  fileVariable === null ? [name] : [name, fileVariable],
);

/** The setting that a variable is a misspelling of; null if it is a setting, or none is near. */
function meantBy(name: string): string | null {
  if (names.includes(name)) return null;
  if (!name.startsWith(ENGINE_PREFIX)) {
    // Of all variables of the environment, few are as long as a setting: the others are not compared.
    const asLong = names.filter((setting) => Math.abs(setting.length - name.length) <= EDITS_MAX);
    const near = nearest(name, asLong);
    return near !== null && editDistance(name.toUpperCase(), near) <= EDITS_MAX ? near : null;
  }
  // Compared without the prefix, which all names share.
  const closest = nearest(
    name.slice(ENGINE_PREFIX.length),
    names.map((setting) => setting.slice(ENGINE_PREFIX.length)),
  );
  return closest === null ? null : ENGINE_PREFIX + closest;
}

/** A problem for each variable that is a misspelt setting: without it, a server would be embedded, say. */
function misspeltVariables(environment: Environment): string[] {
  return Object.keys(environment).flatMap((name) => {
    const meant = meantBy(name);
    return meant === null ? [] : [`${name}: there is no such setting; did you mean ${meant}?`];
  });
}

/** A warning for each other variable that has the engine's prefix and is no setting. */
export function unknownVariables(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(ENGINE_PREFIX) && !names.includes(name) && meantBy(name) === null)
    .map((name) => `${name} is not a setting`);
}
