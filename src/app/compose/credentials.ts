// What the clients of the services identify themselves with, as they ask for it (control path). Files are read with each
// connection; while one cannot be used, the last value stays and a condition says so.
import type { KafkaLogOptions, SaslOptions } from '../../adapters/kafka/client/options.ts';
import { messageOf, MillraceError } from '../../core/errors.ts';
import { keepToken } from '../../core/secrets.ts';
import type { AccessToken, S3Access, ServerAccess, UserPassword } from '../../ports/credentials.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { Config } from '../settings/config.ts';
import type { KafkaSasl } from '../settings/sasl.ts';
import type { TlsService } from '../settings/tls-files.ts';

/** @throws what `read` throws, the first time */
function current<T>(read: () => T, where: string, telemetry: Telemetry | null): () => T {
  let last = read();
  return () => {
    try {
      last = read();
      telemetry?.clear('credentials_unreadable', where);
    } catch (error) {
      telemetry?.raise('credentials_unreadable', where, messageOf(error));
    }
    return last;
  };
}

/** How a service with a URL is reached. Certificates are read when they are asked for: not every request needs them. */
export function serverAccess(
  config: Config,
  service: Exclude<TlsService, 'kafka' | 's3'>,
  url: string,
  telemetry: Telemetry | null,
): () => ServerAccess {
  const { current: now } = config;
  const server = current(
    () => ({
      url: now.url(service) ?? url,
      user: service === 'registry' ? now.registryUser() : null,
      sentinelUser: service === 'redis' ? now.sentinelUser() : null,
    }),
    service,
    telemetry,
  );
  const material = current(() => now.tls(service), `TLS of ${service}`, telemetry);
  return () => ({
    ...server(),
    get tls() {
      return material();
    },
  });
}

/** How the store of an `s3://` place is reached. */
export function s3Access(config: Config, telemetry: Telemetry | null): () => S3Access {
  const { s3Endpoint: endpoint, s3Region: region, s3Addressing, current: now } = config;
  const isInPath = (s3Addressing ?? (endpoint === null ? 'host' : 'path')) === 'path';
  const keys = current(() => now.s3Keys(), 's3', telemetry);
  const material = current(() => now.tls('s3'), 'TLS of s3', telemetry);
  return () => ({ endpoint, region, isInPath, keys: keys(), tls: material() });
}

/** TLS and SASL of the brokers. kafkajs reads each property when it makes a connection. */
export function kafkaCredentials(
  config: Config,
  telemetry: Telemetry | null,
): Pick<KafkaLogOptions, 'ssl' | 'sasl'> {
  const material = current(() => config.current.tls('kafka'), 'TLS of kafka', telemetry);
  const ssl =
    Object.keys(material()).length === 0
      ? config.kafkaTls
      : {
          get ca() {
            return material().ca;
          },
          get cert() {
            return material().cert;
          },
          get key() {
            return material().key;
          },
        };
  return { ssl, sasl: saslOptions(current(() => config.current.sasl(), 'SASL of kafka', telemetry)) };
}

function saslOptions(sasl: () => KafkaSasl | null): SaslOptions | null {
  const first = sasl();
  if (first === null) return null;
  if (first.mechanism === 'oauthbearer') return { mechanism: 'oauthbearer', token: () => freshToken(sasl()) };
  const { mechanism } = first;
  const password = (): UserPassword => {
    const now = sasl();
    return now === null || now.mechanism === 'oauthbearer' ? first : now; // the mechanism cannot change
  };
  return {
    mechanism,
    get username() {
      return password().username;
    },
    get password() {
      return password().password;
    },
  };
}

async function freshToken(sasl: KafkaSasl | null): Promise<AccessToken> {
  if (sasl?.mechanism !== 'oauthbearer') throw new MillraceError('INVARIANT', 'there is no source of tokens');
  const { requestToken } = await import('../../adapters/kafka/client/request-token.ts');
  const { providedToken } = await import('./token-provider.ts');
  const token =
    typeof sasl.from === 'string' ? await providedToken(sasl.from) : await requestToken(sasl.from);
  keepToken(token.value);
  return token;
}
