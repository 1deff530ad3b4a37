// Settings of the Kafka connection (control path). Each export is one setting and one field of Config.
import { SESSION_MS, SESSION_MS_MIN } from '../../core/limits.ts';
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
    "Whether connections to the brokers use TLS. Certificates are checked against the system's authorities and those in the file that Node's `NODE_EXTRA_CA_CERTS` names.",
});

/** Null: the brokers require no authentication. */
export const kafkaMechanism: Setting<'plain' | 'scram-sha-256' | 'scram-sha-512' | null> = engineSetting(
  'MILLRACE_KAFKA_SASL',
  {
    kind: 'choice',
    choices: ['plain', 'scram-sha-256', 'scram-sha-512'],
    description: 'SASL mechanism. It requires `MILLRACE_KAFKA_USERNAME` and `MILLRACE_KAFKA_PASSWORD`.',
  },
);

export const kafkaUsername: Setting<string | null> = engineSetting('MILLRACE_KAFKA_USERNAME', {
  kind: 'text',
  description:
    "User for SASL. The user needs access to the topology's topics, to its groups (`millrace.<topology>*`) and to the transactional ids with the same prefix.",
});

export const kafkaPassword: Setting<string | null> = engineSetting('MILLRACE_KAFKA_PASSWORD', {
  kind: 'text',
  secret: true,
  description: 'Password for SASL.',
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
