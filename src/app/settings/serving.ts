// Settings of the serving port and of the log (control path). Each export is one setting and one field of Config.
import { roles, type Role } from '../../core/roles.ts';
import { PROMOTION_WAIT_MS, PROMOTION_WAIT_MS_MAX } from '../../core/model-limits.ts';
import {
  CONNECTIONS_MAX,
  CONNECTIONS_PER_ADDRESS,
  PORT_MAX,
  REQUESTS_PER_SECOND,
  REQUESTS_PER_SECOND_MAX,
} from '../../core/port-limits.ts';
import { engineSetting, type Setting } from '../../core/setting.ts';

export const host: Setting<string> = engineSetting('MILLRACE_HOST', {
  kind: 'text',
  default: '127.0.0.1',
  description: 'Address that the port binds to.',
});

export const port: Setting<number> = engineSetting('MILLRACE_PORT', {
  kind: 'integer',
  min: 0,
  max: PORT_MAX,
  default: 7_400,
  description:
    'Port of the dashboard, REST, probes, metrics and WebSocket; 0 for any free port. With `--workers`, worker i takes this port + i.',
});

export const hosts: Setting<readonly string[] | null> = engineSetting('MILLRACE_HOSTS', {
  kind: 'list',
  form: 'hosts',
  description:
    'Names that the port answers to besides loopback names and the address that it binds to: those of a proxy or a service.',
});

export const origins: Setting<readonly string[] | null> = engineSetting('MILLRACE_ORIGINS', {
  kind: 'list',
  form: 'origins',
  description: 'Web origins whose pages may use the port besides its own.',
});

export const tlsCertificateFile: Setting<string | null> = engineSetting('MILLRACE_TLS_CERTIFICATE_FILE', {
  kind: 'path',
  description:
    'Certificate chain of the port, PEM: the port then has TLS alone. It is read again when it changes.',
});

export const tlsKeyFile: Setting<string | null> = engineSetting('MILLRACE_TLS_KEY_FILE', {
  kind: 'path',
  description: 'Private key of that certificate, PEM, without a password.',
});

export const tlsClientCaFile: Setting<string | null> = engineSetting('MILLRACE_TLS_CLIENT_CA_FILE', {
  kind: 'path',
  description: 'Certificate authorities, PEM: a client then needs a certificate of one of them.',
});

export const requestsPerSecond: Setting<number> = engineSetting('MILLRACE_REQUESTS_PER_SECOND', {
  kind: 'integer',
  min: 1,
  max: REQUESTS_PER_SECOND_MAX,
  default: REQUESTS_PER_SECOND,
  description:
    'HTTP requests and WebSocket upgrades per second of one credential, or of one address without a credential; more are answered 429.',
});

export const connectionsPerAddress: Setting<number> = engineSetting('MILLRACE_CONNECTIONS_PER_ADDRESS', {
  kind: 'integer',
  min: 1,
  max: CONNECTIONS_MAX,
  default: CONNECTIONS_PER_ADDRESS,
  description:
    'Connections of one client address, WebSockets included. A proxy in front of the port is one address.',
});

export const token: Setting<string | null> = engineSetting('MILLRACE_TOKEN', {
  kind: 'text',
  charactersMin: 8,
  secret: true,
  description:
    'A bearer token with the role `admin`. On loopback, where it is the only credential, reading stays open.',
});

/** Null: on loopback, everything is open until credentials are in use. */
export const anonymous: Setting<ReadonlyArray<Role | 'none'> | null> = engineSetting('MILLRACE_ANONYMOUS', {
  kind: 'list',
  choices: ['none', ...roles],
  description:
    'Roles of requests without a credential, or `none`. Without it they may do everything on loopback until a kind of credential is in use, and nothing on another address.',
});

export const promotionWaitMs: Setting<number> = engineSetting('MILLRACE_PROMOTION_WAIT_MS', {
  kind: 'integer',
  min: 0,
  max: PROMOTION_WAIT_MS_MAX,
  default: PROMOTION_WAIT_MS,
  description:
    'Milliseconds that a promotion or rollback waits until every partition of the fleet has taken the model; 0 does not wait.',
});

export const logLevel: Setting<'debug' | 'info' | 'warn' | 'error' | 'silent'> = engineSetting(
  'MILLRACE_LOG_LEVEL',
  {
    kind: 'choice',
    choices: ['debug', 'info', 'warn', 'error', 'silent'],
    default: 'warn',
    description: 'Lowest level of the log lines on standard error.',
  },
);
