// The configuration: one field per setting, every problem at once, and warnings about variables that are no setting.
import { resolve } from 'node:path';
import t from 'tap';
import { type Environment, setting } from '../../../src/core/setting.ts';
import { readConfig, unknownVariables } from '../../../src/app/settings/config.ts';
import { checkDeclarations, checkSettings } from '../../../src/app/settings/declared.ts';
import { settingGroups } from '../../../src/app/settings/groups.ts';
import { ordersTopology } from '../../support/orders.ts';

const all = settingGroups.flatMap(({ settings }) => Object.values(settings));

t.test('without variables everything is embedded', (t) => {
  t.match(readConfig({ MILLRACE_KAFKA_BROKERS: '' }), {
    brokers: null,
    redisUrl: null,
    clickhouseUrl: null,
    registryUrl: null,
    dataFolder: resolve('.millrace'),
    port: 7_400,
    token: null,
    providers: ['cuda', 'cpu'],
  });
  t.end();
});

t.test('each default, written as a variable, changes nothing', (t) => {
  const read = (environment: Environment) => {
    const { current: _current, ...values } = readConfig(environment);
    return values;
  };
  const unset = read({});
  const defaults = all.filter(({ defaultText }) => defaultText !== null);
  t.ok(defaults.length > 5);
  for (const { name, defaultText } of defaults)
    t.strictSame(read({ [name]: defaultText ?? '' }), unset, name);
  t.end();
});

t.test('every problem is reported at once', (t) => {
  const environment = { MILLRACE_PORT: 'x', MILLRACE_TOKEN: 'short', MILLRACE_KAFKA_SASL: 'plain' };
  t.throws(() => readConfig(environment, ['--port 70000: too high'], ['MILLRACE_KAFKA_BROKERS']), {
    code: 'CONFIG_INVALID',
    message: new RegExp(
      [
        '^6 problems:',
        '--port 70000: too high',
        'MILLRACE_KAFKA_BROKERS: not set; this command requires it',
        'MILLRACE_PORT: invalid value; expected integer from 0 to 65,535',
        'MILLRACE_TOKEN: invalid value; expected text of 8 characters or more',
        'MILLRACE_KAFKA_USERNAME: not set; .* belong together',
        'MILLRACE_KAFKA_PASSWORD: not set; .* belong together',
      ].join('\\n +'),
    ),
  });
  t.end();
});

t.test('SASL is whole or absent', (t) => {
  const environment = {
    MILLRACE_KAFKA_SASL: 'scram-sha-256',
    MILLRACE_KAFKA_USERNAME: 'ann',
    MILLRACE_KAFKA_PASSWORD: 'pw',
  };
  t.strictSame(readConfig(environment).current.sasl(), {
    mechanism: 'scram-sha-256',
    username: 'ann',
    password: 'pw',
  });
  t.end();
});

t.test('a variable that is no setting is reported with a suggestion', (t) => {
  const others = { MILLRACE_ZZ: '1', OTHER: '2', MILLRACE_PORT: '1', PATH: '/bin', LOG_LEVEL: 'x' };
  t.strictSame(unknownVariables(others), ['MILLRACE_ZZ is not a setting']);
  t.equal(readConfig(others).port, 1, 'one that is far from every setting is only a warning');
  const misspelt = {
    MILLRACE_KAFKA_BROKER: 'h:1',
    MILRACE_REDIS_URL: 'redis://h',
    millrace_port: '1',
    MILLRACE_CLICKHOUSE: 'http://h',
    MILLRACE_PORT: 'x',
  };
  t.throws(() => readConfig(misspelt), {
    code: 'CONFIG_INVALID',
    message: new RegExp(
      [
        '^5 problems:',
        'MILLRACE_PORT: invalid value; .*',
        'MILLRACE_KAFKA_BROKER: there is no such setting; did you mean MILLRACE_KAFKA_BROKERS\\?',
        'MILRACE_REDIS_URL: .* MILLRACE_REDIS_URL\\?',
        'millrace_port: .* MILLRACE_PORT\\?',
        'MILLRACE_CLICKHOUSE: .* MILLRACE_CLICKHOUSE_URL\\?',
      ].join('\\n +'),
    ),
  });
  t.end();
});

t.test('names are unique', (t) => {
  t.equal(new Set(all.map(({ name }) => name)).size, all.length);
  t.end();
});

t.test("a topology's own settings are checked together", (t) => {
  const url = setting('AUDIT_URL', { kind: 'url', protocols: ['http'], required: true, description: '' });
  const rows = setting('AUDIT_ROWS', { kind: 'integer', default: 10, description: '' });
  const again = setting('AUDIT_ROWS', { kind: 'integer', description: '' });
  const declaring = { ...ordersTopology(), settings: [url, rows] };
  checkSettings(declaring, { AUDIT_URL: 'http://h' });
  t.throws(() => checkSettings(declaring, { AUDIT_ROWS: 'x' }), {
    code: 'CONFIG_INVALID',
    message: /2 problems:\n {2}AUDIT_URL: not set\n {2}AUDIT_ROWS: invalid value; expected integer/,
  });
  checkDeclarations(declaring);
  t.throws(() => checkDeclarations({ ...declaring, settings: [rows, again] }), {
    code: 'TOPOLOGY_INVALID',
    message: /setting AUDIT_ROWS: declared twice/,
  });
  t.end();
});
