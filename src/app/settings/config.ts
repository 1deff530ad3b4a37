// Reads the configuration (control path): all settings from the environment, with all problems in one error.
import { messageOf } from '../../core/errors.ts';
import { ENGINE_PREFIX, type Environment, type Setting } from '../../core/setting.ts';
import { nearest } from '../../core/unknown-keys.ts';
import { refuseAny } from '../cli/flags.ts';
import { settingGroups, type Values } from './groups.ts';

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
    const text = environment[setting.name] ?? '';
    if (text === '' && required.includes(setting.name))
      problems.push(`${setting.name}: not set; this command requires it`);
    return [field, valueOf(setting, environment, problems)] as const;
  });
  const values = Object.fromEntries(parsed) as Values; // one entry a field, parsed by the field's own setting
  const { kafkaMechanism: mechanism, kafkaUsername: username, kafkaPassword: password, ...others } = values;
  problems.push(...saslProblems(environment));
  refuseAny(problems, 'millrace settings lists every setting.');
  const isWhole = mechanism !== null && username !== null && password !== null;
  return { ...others, kafkaSasl: isWhole ? { mechanism, username, password } : null };
}

/** Undefined if the value is invalid. */
export function valueOf(setting: Setting<unknown>, environment: Environment, problems: string[]): unknown {
  try {
    return setting.parse(environment[setting.name]);
  } catch (error) {
    problems.push(`${setting.name}: ${messageOf(error)}`);
    return undefined;
  }
}

/** All three, or none. */
const SASL_SETTINGS = ['MILLRACE_KAFKA_SASL', 'MILLRACE_KAFKA_USERNAME', 'MILLRACE_KAFKA_PASSWORD'];

function saslProblems(environment: Environment): string[] {
  const missing = SASL_SETTINGS.filter((name) => (environment[name] ?? '') === '');
  if (missing.length === SASL_SETTINGS.length) return [];
  return missing.map((name) => `${name}: not set; ${SASL_SETTINGS.join(', ')} belong together`);
}

/** A warning for each variable that has the engine's prefix and names no setting: probably a misspelt one. */
export function unknownVariables(environment: Environment): string[] {
  // Compared without the prefix, which all names share.
  const known = settings.map(([, { name }]) => name.slice(ENGINE_PREFIX.length));
  return Object.keys(environment)
    .filter((name) => name.startsWith(ENGINE_PREFIX))
    .map((name) => name.slice(ENGINE_PREFIX.length))
    .filter((bare) => !known.includes(bare))
    .map((bare) => {
      const closest = nearest(bare, known);
      const meant = closest === null ? '' : `; did you mean ${ENGINE_PREFIX}${closest}?`;
      return `${ENGINE_PREFIX}${bare} is not a setting${meant}`;
    });
}
