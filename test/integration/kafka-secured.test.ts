// A broker that requires TLS and SASL, or a client certificate, configured by settings of the command line only.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startKafka } from '../../tools/services/kafka/broker.ts';
import { brokerClassPath, javaForBroker } from '../../tools/services/kafka/distribution.ts';
import { pickPort } from '../../tools/services/ports.ts';
import { makeCertificates, PASSPHRASE } from '../support/certificates.ts';
import { demo, millrace } from '../support/cli.ts';

const USER = 'millrace';
const PASSWORD = 'a, "secret"';
/** Some hundred flights. */
const UNTIL = '2013-01-01T14:00:00Z';

const folder = mkdtempSync(join(tmpdir(), 'millrace-secured-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
t.setTimeout(240_000);

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`);
  return stdout;
}

const certificates = makeCertificates(folder);
/** What Kafka reads: a key with its certificate in one PEM file. */
const keyStore = join(folder, 'broker.pem');
writeFileSync(
  keyStore,
  [certificates.server.key, certificates.server.certificate]
    .map((path) => readFileSync(path, 'utf8'))
    .join(''),
);
function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `${text}\n`);
  return path;
}

/** An authorization server: a new token each time. */
const CLIENT_SECRET = 'canary of/the client+secret';
const tokens: string[] = [];
const authorization = createServer((request, response) => {
  const [id = '', secret = ''] = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64')
    .toString()
    .split(':')
    .map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
  const isRight = id === 'millrace' && secret === CLIENT_SECRET;
  if (isRight) tokens.push(unsecuredToken(USER, 20));
  response.writeHead(isRight ? 200 : 401, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify(isRight ? { access_token: tokens.at(-1), expires_in: 2 } : { error: 'invalid_client' }),
  );
});
authorization.listen(0, '127.0.0.1');
await once(authorization, 'listening');
t.teardown(() => authorization.close());
const tokenUrl = `http://127.0.0.1:${(authorization.address() as AddressInfo).port}/token`; // as a server on TCP has

/** A JSON web token without a signature (RFC 7515, appendix A.5), which the broker accepts in tests. */
function unsecuredToken(user: string, seconds: number): string {
  const at = Math.floor(Date.now() / 1_000);
  const parts = [{ alg: 'none' }, { sub: user, iat: at, exp: at + seconds, jti: String(tokens.length) }];
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
}

const quoted = PASSWORD.replaceAll('"', '\\\\"');
const [plain, secured, mutual, controller] = [
  await pickPort(),
  await pickPort(),
  await pickPort(),
  await pickPort(),
];
const addresses = `PLAINTEXT://127.0.0.1:${plain},SASL_SSL://127.0.0.1:${secured},SSL://127.0.0.1:${mutual}`;
const mechanism = (name: string, login: string, options = ''): Record<string, string> => ({
  [`listener.name.sasl_ssl.${name}.sasl.jaas.config`]: `org.apache.kafka.common.security.${login} required ${options};`,
});
const broker = await startKafka({
  port: plain,
  properties: {
    // The first listener is for the test's own health check.
    listeners: `${addresses},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': addresses,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512,OAUTHBEARER',
    ...mechanism('plain', 'plain.PlainLoginModule', `user_${USER}="${quoted}"`),
    ...mechanism('scram-sha-512', 'scram.ScramLoginModule'),
    ...mechanism(
      'oauthbearer',
      'oauthbearer.OAuthBearerLoginModule',
      'unsecuredLoginStringClaim_sub="broker"',
    ),
    // The client renews a session ten seconds before its end.
    'listener.name.sasl_ssl.oauthbearer.connections.max.reauth.ms': '12000',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': certificates.ca,
    'listener.name.ssl.ssl.client.auth': 'required',
  },
});
t.teardown(() => broker.stop());

const settings = {
  MILLRACE_KAFKA_BROKERS: `127.0.0.1:${secured}`,
  MILLRACE_KAFKA_TLS: 'true',
  MILLRACE_KAFKA_SASL: 'plain',
  MILLRACE_KAFKA_USERNAME: USER,
  MILLRACE_KAFKA_PASSWORD: PASSWORD,
  MILLRACE_DATA: join(folder, 'data'),
  MILLRACE_PORT: '0',
  MILLRACE_KAFKA_CA_FILE: certificates.ca,
};

t.test('flights are produced, scored and committed over TLS by PLAIN', async (t) => {
  const produced = await demo(['produce', '--until', UNTIL, '--speed', 'max'], settings);
  t.equal(produced.code, 0, produced.stderr);
  const report = join(folder, 'report.json');
  const ran = await millrace(
    ['run', 'topologies/flights.ts', '--until-caught-up', '--report', report],
    settings,
  );
  t.equal(ran.code, 0, ran.stderr);
  const { events, predictions } = JSON.parse(readFileSync(report, 'utf8')) as Record<string, number>;
  t.ok((events ?? 0) > 300 && (predictions ?? 0) > 100, `${events} events, ${predictions} predictions`);
});

t.test('SCRAM', async (t) => {
  const entity = ['--entity-type', 'users', '--entity-name', USER];
  const config = ['--alter', '--add-config', 'SCRAM-SHA-512=[password=simple]'];
  const main = 'kafka.admin.ConfigCommand';
  run(javaForBroker(), [
    '-cp',
    brokerClassPath(),
    main,
    '--bootstrap-server',
    `127.0.0.1:${plain}`,
    ...config,
    ...entity,
  ]);
  const scram = { ...settings, MILLRACE_KAFKA_SASL: 'scram-sha-512', MILLRACE_KAFKA_PASSWORD: 'simple' };
  const produced = await demo(['produce', '--until', '2013-01-01T10:00:00Z', '--speed', 'max'], scram);
  t.equal(produced.code, 0, produced.stderr);
});

const WITHOUT_SASL = { MILLRACE_KAFKA_SASL: '', MILLRACE_KAFKA_USERNAME: '', MILLRACE_KAFKA_PASSWORD: '' };

t.test('a client certificate', async (t) => {
  const mutually = {
    ...settings,
    ...WITHOUT_SASL,
    MILLRACE_KAFKA_BROKERS: `127.0.0.1:${mutual}`,
    MILLRACE_KAFKA_CERTIFICATE_FILE: certificates.client.certificate,
    MILLRACE_KAFKA_KEY_FILE: certificates.client.key,
    MILLRACE_KAFKA_KEY_PASSPHRASE: PASSPHRASE,
  };
  const produced = await demo(['produce', '--until', '2013-01-01T10:00:00Z', '--speed', 'max'], mutually);
  t.equal(produced.code, 0, produced.stderr);
});

const oauth = {
  ...settings,
  ...WITHOUT_SASL,
  MILLRACE_KAFKA_SASL: 'oauthbearer',
  MILLRACE_KAFKA_TOKEN_URL: tokenUrl,
  MILLRACE_KAFKA_CLIENT_ID: 'millrace',
  MILLRACE_KAFKA_CLIENT_SECRET_FILE: file('client-secret', CLIENT_SECRET),
};

t.test('access tokens of an authorization server, which are renewed', async (t) => {
  const slowly = ['produce', '--until', '2013-01-01T11:00:00Z', '--speed', '3000'];
  const produced = await demo(slowly, oauth);
  t.equal(produced.code, 0, produced.stderr);
  t.ok(tokens.length >= 2, `${tokens.length} tokens`);
});

t.test('access tokens of a module of the project', async (t) => {
  const module = `export default () => ({ value: ${JSON.stringify(unsecuredToken(USER, 60))}, expiresAtMs: Date.now() + 60_000 });`;
  const provided = {
    ...settings,
    ...WITHOUT_SASL,
    MILLRACE_KAFKA_SASL: 'oauthbearer',
    MILLRACE_KAFKA_TOKEN_PROVIDER: file('provider.mjs', module),
  };
  const produced = await demo(['produce', '--until', '2013-01-01T10:00:00Z', '--speed', 'max'], provided);
  t.equal(produced.code, 0, produced.stderr);
});

t.test('a wrong setting is reported by its name', async (t) => {
  const produce = (but: Record<string, string>, nth: number) =>
    demo(['produce', '--until', UNTIL, '--speed', 'max'], {
      ...settings,
      MILLRACE_DATA: join(folder, `data${nth}`),
      ...but,
    });
  const cases: ReadonlyArray<readonly [Record<string, string>, RegExp]> = [
    [{ MILLRACE_KAFKA_PASSWORD: 'wrong' }, /^millrace: LOG_FAILED: .*MILLRACE_KAFKA_PASSWORD/m],
    [
      { MILLRACE_KAFKA_TLS: 'false', MILLRACE_KAFKA_CA_FILE: '' },
      /^millrace: LOG_UNAVAILABLE: .*MILLRACE_KAFKA_TLS/m,
    ],
    [{ MILLRACE_KAFKA_CA_FILE: '' }, /^millrace: LOG_UNAVAILABLE: .*unable to verify/m],
    [{ MILLRACE_KAFKA_BROKERS: `127.0.0.1:${mutual}`, ...WITHOUT_SASL }, /^millrace: LOG_UNAVAILABLE: /m],
    [
      { ...oauth, MILLRACE_KAFKA_CLIENT_SECRET_FILE: file('wrong', 'canary-wrong') },
      /^millrace: LOG_FAILED: .*401 invalid_client.*where its tokens come from/m,
    ],
    [{ MILLRACE_KAFKA_USERNAME: '' }, /^millrace: CONFIG_INVALID: .*MILLRACE_KAFKA_USERNAME: not set/m],
  ];
  // In parallel: most of the time they wait for a broker that does not answer.
  const ended = await Promise.all(cases.map(([but], nth) => produce(but, nth)));
  for (const [nth, [but, said]] of cases.entries()) {
    const { code, stderr } = ended[nth] as (typeof ended)[number];
    t.equal(code, 1);
    t.match(stderr, said, Object.keys(but).join());
    t.notMatch(stderr, /canary|a, .?"secret/, 'no secret is printed');
  }
});
