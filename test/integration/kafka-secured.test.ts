// A broker that requires TLS and SASL, configured by settings of the command line only.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import t from 'tap';
import { startKafka } from '../../tools/services/kafka/broker.ts';
import { brokerClassPath, javaForBroker } from '../../tools/services/kafka/distribution.ts';
import { pickPort } from '../../tools/services/ports.ts';
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

/** A self-signed certificate for 127.0.0.1. */
function makeCertificate(): { readonly keyStore: string; readonly certificate: string } {
  const keytool = join(dirname(javaForBroker()), 'keytool');
  const keyStore = join(folder, 'broker.p12');
  const store = ['-alias', 'broker', '-keystore', keyStore, '-storepass', 'changeit'];
  const key = ['-keyalg', 'EC', '-groupname', 'secp256r1', '-validity', '2'];
  const name = ['-dname', 'CN=broker', '-ext', 'SAN=ip:127.0.0.1', '-ext', 'BC=ca:true'];
  run(keytool, ['-genkeypair', ...store, '-storetype', 'PKCS12', ...key, ...name]);
  const certificate = join(folder, 'ca.pem');
  writeFileSync(certificate, run(keytool, ['-exportcert', '-rfc', ...store]));
  return { keyStore, certificate };
}

const quoted = PASSWORD.replaceAll('"', '\\\\"');
const { keyStore, certificate } = makeCertificate();
const [plain, secured, controller] = [await pickPort(), await pickPort(), await pickPort()];
const mechanism = (name: string, login: string, options = ''): Record<string, string> => ({
  [`listener.name.sasl_ssl.${name}.sasl.jaas.config`]: `org.apache.kafka.common.security.${login} required ${options};`,
});
const broker = await startKafka({
  port: plain,
  properties: {
    // The first listener is for the test's own health check.
    listeners: `PLAINTEXT://127.0.0.1:${plain},SASL_SSL://127.0.0.1:${secured},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},SASL_SSL://127.0.0.1:${secured}`,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512',
    ...mechanism('plain', 'plain.PlainLoginModule', `user_${USER}="${quoted}"`),
    ...mechanism('scram-sha-512', 'scram.ScramLoginModule'),
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keyStore,
    'ssl.keystore.password': 'changeit',
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
  NODE_EXTRA_CA_CERTS: certificate,
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

t.test('a wrong setting is reported by its name', async (t) => {
  const produce = (but: Record<string, string>, nth: number) =>
    demo(['produce', '--until', UNTIL, '--speed', 'max'], {
      ...settings,
      MILLRACE_DATA: join(folder, `data${nth}`),
      ...but,
    });
  const cases: ReadonlyArray<readonly [Record<string, string>, RegExp]> = [
    [{ MILLRACE_KAFKA_PASSWORD: 'wrong' }, /^millrace: LOG_FAILED: .*MILLRACE_KAFKA_PASSWORD/m],
    [{ MILLRACE_KAFKA_TLS: 'false' }, /^millrace: LOG_UNAVAILABLE: .*MILLRACE_KAFKA_TLS/m],
    [{ NODE_EXTRA_CA_CERTS: '' }, /^millrace: LOG_UNAVAILABLE: .*self-signed certificate/m],
    [{ MILLRACE_KAFKA_USERNAME: '' }, /^millrace: CONFIG_INVALID: .*MILLRACE_KAFKA_USERNAME: not set/m],
  ];
  // In parallel: most of the time they wait for a broker that does not answer.
  const ended = await Promise.all(cases.map(([but], nth) => produce(but, nth)));
  for (const [nth, [but, said]] of cases.entries()) {
    const { code, stderr } = ended[nth] as (typeof ended)[number];
    t.equal(code, 1);
    t.match(stderr, said, Object.keys(but).join());
    t.notMatch(stderr, PASSWORD, 'the password is not printed');
  }
});
