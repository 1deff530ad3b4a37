// Redis, ClickHouse and a schema registry over TLS with an authority of their own, a client certificate and a password; each
// password and certificate comes from a file, and is followed when it changes.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import t from 'tap';
import { openHistory } from '../../src/adapters/clickhouse/history.ts';
import { redisStateStores } from '../../src/adapters/redis/state-stores.ts';
import { openSchemas } from '../../src/app/compose/adapters.ts';
import { serverAccess } from '../../src/app/compose/credentials.ts';
import { readConfig } from '../../src/app/settings/config.ts';
import { pickPort } from '../../tools/services/ports.ts';
import { startRedis } from '../../tools/services/redis/server.ts';
import { makeCertificates, PASSPHRASE } from '../support/certificates.ts';
import { RecordingTelemetry } from '../support/recording-telemetry.ts';
import { clickhouseUrl, schemaRegistryUrl, uniqueName } from '../support/services.ts';
import { tlsFront } from '../support/tls-front.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const certificates = makeCertificates(folder);

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `${text}\n`);
  return path;
}

type Environment = Readonly<Record<string, string>>;

/** The settings of a service whose URL is in a file. */
function environmentOf(prefix: string, url: string): Environment {
  return {
    [`${prefix}_URL_FILE`]: file(`${prefix}.url`, url),
    [`${prefix}_CA_FILE`]: certificates.ca,
    [`${prefix}_CERTIFICATE_FILE`]: certificates.client.certificate,
    [`${prefix}_KEY_FILE`]: certificates.client.key,
    [`${prefix}_KEY_PASSPHRASE_FILE`]: file('passphrase', PASSPHRASE),
  };
}

t.test('Redis', async (t) => {
  const port = await pickPort();
  const server = await startRedis({
    args: [
      ['--tls-port', String(port), '--tls-auth-clients', 'yes', '--tls-ca-cert-file', certificates.ca],
      ['--tls-cert-file', certificates.server.certificate, '--tls-key-file', certificates.server.key],
    ].flat(),
  });
  t.teardown(() => server.stop());
  const admin = new Redis(server.url);
  t.teardown(() => admin.disconnect());
  await admin.config('SET', 'requirepass', 'canary-one');
  await admin.auth('canary-one');
  const prefix = 'MILLRACE_REDIS';
  const environment = environmentOf(prefix, `rediss://:canary-one@127.0.0.1:${port}`);
  const open = (given: Environment) => {
    const telemetry = new RecordingTelemetry();
    const config = readConfig(given);
    const url = config.redisUrl ?? '';
    const stores = redisStateStores({
      url,
      access: serverAccess(config, 'redis', url, telemetry),
      telemetry,
    });
    t.teardown(() => stores.close());
    return { stores, telemetry };
  };
  const { stores, telemetry } = open(environment);
  await stores.ping();

  await t.rejects(open({ ...environment, [`${prefix}_CA_FILE`]: certificates.otherCa }).stores.ping(), {
    code: 'STORE_UNAVAILABLE',
    message: /unable to verify|self-signed|signature/,
  });
  const names = ['CERTIFICATE_FILE', 'KEY_FILE', 'KEY_PASSPHRASE_FILE'];
  const anyone = { ...environment, ...Object.fromEntries(names.map((name) => [`${prefix}_${name}`, ''])) };
  await t.rejects(
    open(anyone).stores.ping(),
    { code: 'STORE_UNAVAILABLE' },
    'a client without a certificate',
  );

  await admin.config('SET', 'requirepass', 'canary-two');
  const drop = () => admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  const path = environment[`${prefix}_URL_FILE`] ?? '';
  writeFileSync(path, `rediss://:canary-two@127.0.0.1:${port}`);
  await drop();
  await t.resolves(stores.ping(), 'the new password');
  rmSync(path);
  await drop();
  await t.resolves(stores.ping(), 'the last one that could be read');
  t.match(
    telemetry.conditions.get('credentials_unreadable redis'),
    /MILLRACE_REDIS_URL_FILE.*does not exist/,
  );
  t.notMatch(JSON.stringify([...telemetry.conditions]), /canary/);
});

for (const service of ['ClickHouse', 'a schema registry'] as const) {
  t.test(service, async (t) => {
    const isClickHouse = service === 'ClickHouse';
    const front = await tlsFront(
      isClickHouse ? clickhouseUrl() : schemaRegistryUrl(),
      certificates,
      'ann:canary/1',
    );
    t.teardown(() => front.close());
    const prefix = isClickHouse ? 'MILLRACE_CLICKHOUSE' : 'MILLRACE_SCHEMA_REGISTRY';
    const to = (user: string): string => front.url.replace('//', `//${user}@`);
    const environment = environmentOf(prefix, to('ann:canary%2F1'));
    const ask = async (given: Environment): Promise<() => Promise<unknown>> => {
      const config = readConfig(given);
      if (!isClickHouse) {
        const subject = uniqueName('tls');
        return () => openSchemas(config).idOf(subject, { language: 'AVRO', text: '"string"' });
      }
      const url = config.clickhouseUrl ?? '';
      const access = serverAccess(config, 'clickhouse', url, null);
      const history = await openHistory({ url, access, path: '' });
      t.teardown(() => history.close());
      return () => history.ping();
    };
    const asks = await ask(environment);
    await t.resolves(asks());

    front.user = 'ann:canary/2';
    const refused = isClickHouse ? 'HISTORY_FAILED' : 'REGISTRY_FAILED';
    const error: unknown = await asks().catch((reason: unknown) => reason);
    t.match(error, { code: refused, message: /user/ });
    t.notMatch(String(error), /canary|Y2FuYXJ5/, 'what the server repeats is removed');
    writeFileSync(environment[`${prefix}_URL_FILE`] ?? '', to('ann:canary%2F2'));
    await t.resolves(asks(), 'the new password');

    const away = isClickHouse ? 'HISTORY_UNAVAILABLE' : 'REGISTRY_UNAVAILABLE';
    const distrusting = { ...environment, [`${prefix}_CA_FILE`]: certificates.otherCa };
    await t.rejects(async () => (await ask(distrusting))(), {
      code: away,
      message: /unable to verify|self-signed|signature/,
    });
  });
}

t.test('a schema registry with a user and a password of their own', async (t) => {
  const front = await tlsFront(schemaRegistryUrl(), certificates, 'key:canary-3');
  t.teardown(() => front.close());
  const prefix = 'MILLRACE_SCHEMA_REGISTRY';
  const schemas = openSchemas(
    readConfig({
      ...environmentOf(prefix, front.url),
      [`${prefix}_USERNAME`]: 'key',
      [`${prefix}_PASSWORD_FILE`]: file('password', 'canary-3'),
    }),
  );
  await t.resolves(schemas.idOf(uniqueName('tls'), { language: 'AVRO', text: '"string"' }));
});

t.test('files that do not fit are refused by the name of their setting', (t) => {
  const prefix = 'MILLRACE_REDIS';
  const good = environmentOf(prefix, 'rediss://h');
  const cases: ReadonlyArray<readonly [Environment, RegExp]> = [
    [{ [`${prefix}_URL_FILE`]: file('plain', 'redis://h') }, /REDIS_CA_FILE: it requires a rediss:\/\/ URL/],
    [{ [`${prefix}_CA_FILE`]: join(folder, 'none') }, /REDIS_CA_FILE: cannot read the file .*does not exist/],
    [{ [`${prefix}_CA_FILE`]: certificates.client.key }, /REDIS_CA_FILE: the file has no certificate in PEM/],
    [
      { [`${prefix}_KEY_FILE`]: '' },
      /REDIS_KEY_FILE: not set; it belongs to MILLRACE_REDIS_CERTIFICATE_FILE/,
    ],
    [{ [`${prefix}_CERTIFICATE_FILE`]: '' }, /REDIS_CERTIFICATE_FILE: not set; it belongs to/],
    [{ [`${prefix}_KEY_FILE`]: certificates.ca }, /REDIS_KEY_FILE: the file has no private key in PEM/],
    [
      { [`${prefix}_KEY_FILE`]: certificates.server.key },
      /REDIS_KEY_FILE: it is not the key of the certificate/,
    ],
    [
      { [`${prefix}_KEY_PASSPHRASE_FILE`]: file('wrong', 'canary') },
      /cannot be decrypted; correct MILLRACE_REDIS_KEY_PASS/,
    ],
    [{ MILLRACE_KAFKA_CA_FILE: certificates.ca }, /KAFKA_CA_FILE: it requires MILLRACE_KAFKA_TLS=true/],
    [{ MILLRACE_KAFKA_SASL: 'oauthbearer' }, /MILLRACE_KAFKA_TOKEN_URL: not set/],
    [{ MILLRACE_KAFKA_CLIENT_ID: 'x' }, /KAFKA_CLIENT_ID: it requires MILLRACE_KAFKA_SASL=oauthbearer/],
  ];
  readConfig(good);
  for (const [but, message] of cases) {
    t.throws(() => readConfig({ ...good, ...but }), { code: 'CONFIG_INVALID', message }, String(message));
  }
  copyFileSync(certificates.server.key, certificates.client.key);
  t.throws(() => readConfig(good), { message: /it is not the key/ });
  t.end();
});
