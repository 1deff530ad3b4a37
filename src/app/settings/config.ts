// Reads the configuration (control path): all settings from the environment, with all problems in one error.
import { messageOf } from '../../core/errors.ts';
import { ENGINE_PREFIX, type Environment, type Setting } from '../../core/setting.ts';
import { editDistance, nearest } from '../../core/unknown-keys.ts';
import type { S3Keys, TlsMaterial, UserPassword } from '../../ports/credentials.ts';
import { refuseAny } from '../cli/flags.ts';
import { settingGroups, type Values } from './groups.ts';
import { s3AccessKeyId, s3SecretAccessKey, s3SessionToken } from './artifacts.ts';
import { isSet, type KafkaSasl, readSasl, saslProblems, together } from './sasl.ts';
import {
  clickhouseUrl,
  redisSentinelPassword,
  redisSentinelUsername,
  redisUrl,
  registryPassword,
  registryUrl,
  registryUsername,
} from './services.ts';
import { readTls, type TlsService, tlsProblems } from './tls-files.ts';
import type * as tls from './tls.ts';

type Credentials =
  | 'kafkaMechanism'
  | 'kafkaUsername'
  | 'kafkaPassword'
  | 'kafkaTokenUrl'
  | 'kafkaClientId'
  | 'kafkaClientSecret'
  | 'kafkaTokenScope'
  | 'kafkaTokenProvider'
  | 'registryUsername'
  | 'registryPassword'
  | 'redisSentinelUsername'
  | 'redisSentinelPassword'
  | 's3AccessKeyId'
  | 's3SecretAccessKey'
  | 's3SessionToken'
  | keyof typeof tls;

/** What comes from files that may change while the process runs: read again with each connection. */
export interface CurrentCredentials {
  /** Null: the brokers require no authentication by SASL. */
  sasl(): KafkaSasl | null;
  tls(service: TlsService): TlsMaterial;
  /** Null: those of the URL, if it has any. */
  registryUser(): UserPassword | null;
  /** Null: the Sentinels require no password. */
  sentinelUser(): UserPassword | null;
  /** Null: those of the environment of AWS. */
  s3Keys(): S3Keys | null;
  url(service: Exclude<TlsService, 'kafka' | 's3'>): string | null;
}

/** One field a setting, except for those of credentials; see the files of the groups. */
export interface Config extends Omit<Values, Credentials> {
  readonly current: CurrentCredentials;
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
  problems.push(
    ...saslProblems(environment),
    ...together([registryUsername, registryPassword], environment),
    ...together([s3AccessKeyId, s3SecretAccessKey], environment),
    ...sentinelProblems(environment),
    ...misspeltVariables(environment),
  );
  // What a setting alone has wrong is not reported twice.
  if (problems.length === 0) problems.push(...tlsProblems(environment));
  refuseAny(problems, 'millrace settings lists every setting.');
  return { ...values, current: currentCredentials(environment) };
}

/** Sentinels may have a password alone. */
function sentinelProblems(environment: Environment): string[] {
  const isUserAlone = isSet(redisSentinelUsername, environment) && !isSet(redisSentinelPassword, environment);
  return isUserAlone ? [`${redisSentinelUsername.name}: it requires ${redisSentinelPassword.name}`] : [];
}

const urls = { redis: redisUrl, clickhouse: clickhouseUrl, registry: registryUrl };

function currentCredentials(environment: Environment): CurrentCredentials {
  return {
    sasl: () => readSasl(environment),
    tls: (service) => readTls(service, environment),
    registryUser() {
      const [username, password] = [registryUsername.read(environment), registryPassword.read(environment)];
      return username === null || password === null ? null : { username, password };
    },
    sentinelUser() {
      const password = redisSentinelPassword.read(environment);
      return password === null ? null : { username: redisSentinelUsername.read(environment) ?? '', password };
    },
    s3Keys() {
      const [accessKeyId, secretAccessKey] = [
        s3AccessKeyId.read(environment),
        s3SecretAccessKey.read(environment),
      ];
      const sessionToken = s3SessionToken.read(environment);
      if (accessKeyId === null || secretAccessKey === null) return null;
      return { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) };
    },
    url: (service) => urls[service].read(environment),
  };
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
