// Settings of the Kafka connection (control path). Each export is one setting and one field of Config.
import { SESSION_MS, SESSION_MS_MIN } from '../../core/log-limits.ts';
import { engineSetting, type Setting } from '../../core/setting.ts';

/** Null: the log is embedded. */
export const brokers: Setting<readonly string[] | null> = engineSetting('MILLRACE_KAFKA_BROKERS', {
  kind: 'list',
  form: 'addresses',
  description: 'Brokers as `host:port`. Without them the log is embedded.',
});

export const kafkaTls: Setting<boolean> = engineSetting('MILLRACE_KAFKA_TLS', {
  kind: 'flag',
  default: false,
  description:
    'Whether connections to the brokers use TLS. Their certificates are checked against the authorities in `MILLRACE_KAFKA_CA_FILE`.',
});

/** Null: the brokers require no authentication, or go by the client's certificate. */
export const kafkaMechanism: Setting<'plain' | 'scram-sha-256' | 'scram-sha-512' | 'oauthbearer' | null> =
  engineSetting('MILLRACE_KAFKA_SASL', {
    kind: 'choice',
    choices: ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'],
    description:
      'SASL mechanism. `oauthbearer` requires `MILLRACE_KAFKA_TOKEN_URL` or `MILLRACE_KAFKA_TOKEN_PROVIDER`, the others `MILLRACE_KAFKA_USERNAME` and `MILLRACE_KAFKA_PASSWORD`.',
  });

export const kafkaUsername: Setting<string | null> = engineSetting('MILLRACE_KAFKA_USERNAME', {
  kind: 'text',
  description:
    "User for SASL. The user needs access to the topology's topics, to its groups (`millrace.<topology>*`) and to the transactional ids with the same prefix. It should be allowed to read `__consumer_offsets`: where a broker that has crashed answers for a group without its newest offsets, a task finds them there.",
});

export const kafkaPassword: Setting<string | null> = engineSetting('MILLRACE_KAFKA_PASSWORD', {
  kind: 'text',
  secret: true,
  description: 'Password for SASL.',
});

export const kafkaTokenUrl: Setting<string | null> = engineSetting('MILLRACE_KAFKA_TOKEN_URL', {
  kind: 'url',
  protocols: ['https', 'http'],
  description:
    'Token endpoint of the authorization server, for `oauthbearer` with client credentials. Its certificate is checked against the authorities of Node.',
});

export const kafkaClientId: Setting<string | null> = engineSetting('MILLRACE_KAFKA_CLIENT_ID', {
  kind: 'text',
  description: 'Client id at the token endpoint.',
});

export const kafkaClientSecret: Setting<string | null> = engineSetting('MILLRACE_KAFKA_CLIENT_SECRET', {
  kind: 'text',
  secret: true,
  description: 'Client secret at the token endpoint.',
});

export const kafkaTokenScope: Setting<string | null> = engineSetting('MILLRACE_KAFKA_TOKEN_SCOPE', {
  kind: 'text',
  description: 'Scopes that are requested at the token endpoint, separated by spaces.',
});

export const kafkaTokenProvider: Setting<string | null> = engineSetting('MILLRACE_KAFKA_TOKEN_PROVIDER', {
  kind: 'path',
  description:
    'Module whose default export is a `TokenProvider`, for `oauthbearer` with tokens from elsewhere, such as those of AWS for MSK.',
});

/** How long the partitions of a dead member wait for a new owner. */
export const sessionTimeoutMs: Setting<number> = engineSetting('MILLRACE_SESSION_TIMEOUT_MS', {
  kind: 'integer',
  min: SESSION_MS_MIN,
  max: 300_000,
  default: SESSION_MS,
  description:
    'Milliseconds without a heartbeat after which the group declares a member dead. A broker refuses less than its `group.min.session.timeout.ms`, 6,000 by default.',
});
