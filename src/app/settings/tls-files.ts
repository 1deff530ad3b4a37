// The files of TLS (control path): read and checked as a whole, so that a wrong one is reported by its setting's name.
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';
import { readSecretFile } from '../../core/secret-file.ts';
import { keepSecret } from '../../core/secrets.ts';
import type { Environment, Setting } from '../../core/setting.ts';
import type { TlsMaterial } from '../../ports/credentials.ts';
import { kafkaTls } from './kafka.ts';
import { s3Endpoint } from './artifacts.ts';
import { clickhouseUrl, redisUrl, registryUrl } from './services.ts';
import * as tls from './tls.ts';

export type TlsService = 'kafka' | 'redis' | 'clickhouse' | 'registry' | 's3';

interface TlsSettings {
  readonly ca: Setting<string | null>;
  readonly certificate: Setting<string | null>;
  readonly key: Setting<string | null>;
  readonly passphrase: Setting<string | null>;
  /** Whether the connections use TLS at all. */
  readonly isOn: (environment: Environment) => boolean;
  /** What turns it on. */
  readonly needs: string;
}

const hasScheme =
  (setting: Setting<string | null>, scheme: string) =>
  (environment: Environment): boolean =>
    setting.read(environment)?.startsWith(`${scheme}:`) === true;

const services: Readonly<Record<TlsService, TlsSettings>> = {
  kafka: {
    ca: tls.kafkaCa,
    certificate: tls.kafkaCertificate,
    key: tls.kafkaKey,
    passphrase: tls.kafkaKeyPassphrase,
    isOn: (environment) => kafkaTls.read(environment),
    needs: 'MILLRACE_KAFKA_TLS=true',
  },
  redis: {
    ca: tls.redisCa,
    certificate: tls.redisCertificate,
    key: tls.redisKey,
    passphrase: tls.redisKeyPassphrase,
    isOn: (environment) => /^rediss[+:]/i.test(redisUrl.read(environment) ?? ''),
    needs: 'a rediss:// URL in MILLRACE_REDIS_URL',
  },
  clickhouse: {
    ca: tls.clickhouseCa,
    certificate: tls.clickhouseCertificate,
    key: tls.clickhouseKey,
    passphrase: tls.clickhouseKeyPassphrase,
    isOn: hasScheme(clickhouseUrl, 'https'),
    needs: 'an https:// URL in MILLRACE_CLICKHOUSE_URL',
  },
  registry: {
    ca: tls.registryCa,
    certificate: tls.registryCertificate,
    key: tls.registryKey,
    passphrase: tls.registryKeyPassphrase,
    isOn: hasScheme(registryUrl, 'https'),
    needs: 'an https:// URL in MILLRACE_SCHEMA_REGISTRY_URL',
  },
  s3: {
    ca: tls.s3Ca,
    certificate: tls.s3Certificate,
    key: tls.s3Key,
    passphrase: tls.s3KeyPassphrase,
    isOn: (environment) => !/^http:/i.test(s3Endpoint.read(environment) ?? ''),
    needs: 'an https:// URL in MILLRACE_S3_ENDPOINT',
  },
};

/** A problem for each service whose files cannot be used. */
export function tlsProblems(environment: Environment): string[] {
  return (Object.keys(services) as TlsService[]).flatMap((service) => {
    try {
      readTls(service, environment);
      return [];
    } catch (error) {
      return [messageOf(error)];
    }
  });
}

/** The material in effect now. @throws Error that begins with the name of a setting */
export function readTls(service: TlsService, environment: Environment): TlsMaterial {
  const { ca, certificate, key, passphrase, isOn, needs } = services[service];
  const given = [ca, certificate, key, passphrase].filter((setting) => setting.read(environment) !== null);
  const [first] = given;
  if (first === undefined) return {};
  if (!isOn(environment)) throw new Error(`${first.name}: it requires ${needs}`);
  const authorities = pem(ca, environment);
  if (authorities !== null) certificateIn(authorities, ca.name);
  return {
    ...(authorities === null ? {} : { ca: authorities }),
    ...pairOf({ certificate, key, passphrase }, environment),
  };
}

function pairOf(
  { certificate, key, passphrase }: Pick<TlsSettings, 'certificate' | 'key' | 'passphrase'>,
  environment: Environment,
): Pick<TlsMaterial, 'cert' | 'key'> {
  const cert = pem(certificate, environment);
  const encoded = pem(key, environment);
  if (cert === null && encoded === null) {
    if (passphrase.read(environment) === null) return {};
    throw new Error(`${passphrase.name}: there is no key without ${key.name}`);
  }
  if (cert === null) throw new Error(`${certificate.name}: not set; it belongs to ${key.name}`);
  if (encoded === null) throw new Error(`${key.name}: not set; it belongs to ${certificate.name}`);
  const privateKey = keyIn(encoded, passphrase.read(environment), key.name, passphrase.name);
  if (!certificateIn(cert, certificate.name).checkPrivateKey(privateKey))
    throw new Error(`${key.name}: it is not the key of the certificate in ${certificate.name}`);
  const text = privateKey.export({ type: 'pkcs8', format: 'pem' });
  keepSecret(String(text), key.name);
  return { cert, key: String(text) };
}

function pem(setting: Setting<string | null>, environment: Environment): string | null {
  const path = setting.read(environment);
  if (path === null) return null;
  try {
    return readSecretFile(path);
  } catch (error) {
    throw new Error(`${setting.name}: ${messageOf(error)}`, { cause: error });
  }
}

/** The first of a file. */
function certificateIn(text: string, name: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw new Error(`${name}: the file has no certificate in PEM`, { cause: error });
  }
}

function keyIn(text: string, passphrase: string | null, name: string, passphraseName: string): KeyObject {
  keepSecret(text, name);
  try {
    return createPrivateKey({ key: text, format: 'pem', ...(passphrase === null ? {} : { passphrase }) });
  } catch (error) {
    const isEncrypted = text.includes('ENCRYPTED');
    const why = isEncrypted
      ? `the key cannot be decrypted; correct ${passphraseName}`
      : 'the file has no private key in PEM';
    throw new Error(`${name}: ${why}`, { cause: error });
  }
}
