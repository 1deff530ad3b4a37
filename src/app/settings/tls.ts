// Settings of TLS to the services (control path). Each export is one setting and one field of Config.
import { engineSetting, type Setting } from '../../core/setting.ts';

function ca(prefix: string, server: string): Setting<string | null> {
  return engineSetting(`${prefix}_CA_FILE`, {
    kind: 'path',
    description: `PEM file of the authorities that the certificate of ${server} is checked against. Without it those of Node, and those in the file that \`NODE_EXTRA_CA_CERTS\` names.`,
  });
}

function certificate(prefix: string, server: string): Setting<string | null> {
  return engineSetting(`${prefix}_CERTIFICATE_FILE`, {
    kind: 'path',
    description: `PEM file of the client's certificate, for ${server} that requires one. It requires \`${prefix}_KEY_FILE\`.`,
  });
}

function key(prefix: string): Setting<string | null> {
  return engineSetting(`${prefix}_KEY_FILE`, {
    kind: 'path',
    description: `PEM file of the private key of \`${prefix}_CERTIFICATE_FILE\`.`,
  });
}

function passphrase(prefix: string): Setting<string | null> {
  return engineSetting(`${prefix}_KEY_PASSPHRASE`, {
    kind: 'text',
    secret: true,
    description: `Passphrase of \`${prefix}_KEY_FILE\`, if it is encrypted.`,
  });
}

type Text = Setting<string | null>;

const KAFKA = 'MILLRACE_KAFKA';
export const kafkaCa: Text = ca(KAFKA, 'a broker');
export const kafkaCertificate: Text = certificate(KAFKA, 'a broker');
export const kafkaKey: Text = key(KAFKA);
export const kafkaKeyPassphrase: Text = passphrase(KAFKA);

const REDIS = 'MILLRACE_REDIS';
export const redisCa: Text = ca(REDIS, 'Redis');
export const redisCertificate: Text = certificate(REDIS, 'a Redis');
export const redisKey: Text = key(REDIS);
export const redisKeyPassphrase: Text = passphrase(REDIS);

const CLICKHOUSE = 'MILLRACE_CLICKHOUSE';
export const clickhouseCa: Text = ca(CLICKHOUSE, 'ClickHouse');
export const clickhouseCertificate: Text = certificate(CLICKHOUSE, 'a ClickHouse');
export const clickhouseKey: Text = key(CLICKHOUSE);
export const clickhouseKeyPassphrase: Text = passphrase(CLICKHOUSE);

const REGISTRY = 'MILLRACE_SCHEMA_REGISTRY';
export const registryCa: Text = ca(REGISTRY, 'the schema registry');
export const registryCertificate: Text = certificate(REGISTRY, 'a registry');
export const registryKey: Text = key(REGISTRY);
export const registryKeyPassphrase: Text = passphrase(REGISTRY);

const S3 = 'MILLRACE_S3';
export const s3Ca: Text = ca(S3, 'the server of S3');
export const s3Certificate: Text = certificate(S3, 'a server of S3');
export const s3Key: Text = key(S3);
export const s3KeyPassphrase: Text = passphrase(S3);
