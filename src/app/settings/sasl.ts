// How the engine identifies itself to the brokers by SASL (control path): which settings belong together, and what they say.
import type { TokenRequest } from '../../adapters/kafka/client/request-token.ts';
import type { Environment, Setting } from '../../core/setting.ts';
import {
  kafkaClientId,
  kafkaClientSecret,
  kafkaMechanism,
  kafkaPassword,
  kafkaTokenProvider,
  kafkaTokenScope,
  kafkaTokenUrl,
  kafkaUsername,
} from './kafka.ts';

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  /** `from`: a token endpoint, or the path of a module. */
  | { readonly mechanism: 'oauthbearer'; readonly from: TokenRequest | string };

/** The value now. Null: none. @throws MillraceError CONFIG_INVALID if a setting is invalid or missing */
export function readSasl(environment: Environment): KafkaSasl | null {
  const mechanism = kafkaMechanism.read(environment);
  if (mechanism === null) return null;
  if (mechanism !== 'oauthbearer') {
    const [username, password] = [kafkaUsername.read(environment), kafkaPassword.read(environment)];
    return username === null || password === null ? null : { mechanism, username, password };
  }
  const provider = kafkaTokenProvider.read(environment);
  if (provider !== null) return { mechanism, from: provider };
  const [url, clientId] = [kafkaTokenUrl.read(environment), kafkaClientId.read(environment)];
  const [clientSecret, scope] = [kafkaClientSecret.read(environment), kafkaTokenScope.read(environment)];
  if (url === null || clientId === null || clientSecret === null) return null;
  return { mechanism, from: { url, clientId, clientSecret, scope } };
}

/** Whether the environment has a value for it, or a file with one. */
export function isSet({ name, fileVariable }: Setting<unknown>, environment: Environment): boolean {
  return [name, fileVariable ?? ''].some((variable) => (environment[variable] ?? '') !== '');
}

const PASSWORD = [kafkaMechanism, kafkaUsername, kafkaPassword];
const ENDPOINT = [kafkaTokenUrl, kafkaClientId, kafkaClientSecret];
const TOKEN = [...ENDPOINT, kafkaTokenScope, kafkaTokenProvider];

export function saslProblems(environment: Environment): string[] {
  const given = (settings: ReadonlyArray<Setting<unknown>>): Array<Setting<unknown>> =>
    settings.filter((setting) => isSet(setting, environment));
  const [stray] = given(TOKEN);
  if ((environment[kafkaMechanism.name] ?? '') !== 'oauthbearer') {
    const needs = `it requires ${kafkaMechanism.name}=oauthbearer`;
    const problems = stray === undefined ? [] : [`${stray.name}: ${needs}`];
    return [...problems, ...together(PASSWORD, environment)];
  }
  if (!isSet(kafkaTokenProvider, environment)) return together(ENDPOINT, environment, true);
  const [other] = given([...ENDPOINT, kafkaTokenScope]);
  return other === undefined ? [] : [`${other.name}: it does not go with ${kafkaTokenProvider.name}`];
}

/** All, or none. */
export function together(
  settings: ReadonlyArray<Setting<unknown>>,
  environment: Environment,
  isRequired = false,
): string[] {
  const missing = settings.filter((setting) => !isSet(setting, environment));
  if (missing.length === settings.length && !isRequired) return [];
  const all = settings.map(({ name }) => name).join(', ');
  return missing.map(({ name }) => `${name}: not set; ${all} belong together`);
}
