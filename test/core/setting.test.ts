// Settings: what each kind accepts, and what a value that is absent or invalid gives.
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import t from 'tap';
import { SECRET_FILE_BYTES_MAX } from '../../src/core/key-limits.ts';
import { redacted } from '../../src/core/secrets.ts';
import { engineSetting, setting, type Setting, type SettingOptions } from '../../src/core/setting.ts';

const description = 'For tests.';

function of(options: SettingOptions): Setting<unknown> {
  return setting('TEST_VALUE', options);
}

t.test('what each kind accepts', (t) => {
  const cases: ReadonlyArray<readonly [Setting<unknown>, ReadonlyArray<readonly [string, unknown]>]> = [
    [of({ kind: 'text', description }), [[' a b ', ' a b ']]],
    [of({ kind: 'path', description }), [['x/y', resolve('x/y')]]],
    [
      of({ kind: 'path', protocols: ['s3'], description }),
      [
        ['s3/y', resolve('s3/y')],
        ['s3://Bucket/y', 's3://Bucket/y'],
      ],
    ],
    [of({ kind: 'url', protocols: ['http', 'https'], description }), [['https://h:1/p', 'https://h:1/p']]],
    [
      of({ kind: 'integer', min: 0, max: 9, description }),
      [
        ['0', 0],
        ['9', 9],
        [' 5 ', 5],
      ],
    ],
    [
      of({ kind: 'flag', description }),
      [
        ['true', true],
        ['0', false],
        ['Yes', true],
        ['off', false],
      ],
    ],
    [of({ kind: 'choice', choices: ['a', 'b'], description }), [['b', 'b']]],
    [
      of({ kind: 'list', description }),
      [
        ['a, b,', ['a', 'b']],
        ['a', ['a']],
      ],
    ],
    [of({ kind: 'list', choices: ['a', 'b'], description }), [['b,a', ['b', 'a']]]],
  ];
  for (const [declared, values] of cases)
    for (const [text, value] of values)
      t.strictSame(declared.parse(text), value, `${declared.accepts}: ${text}`);
  t.end();
});

t.test('what each kind refuses, without repeating the value', (t) => {
  const cases: ReadonlyArray<readonly [Setting<unknown>, readonly string[], string]> = [
    [of({ kind: 'text', charactersMin: 8, description }), ['short'], 'text of 8 characters or more'],
    [of({ kind: 'url', protocols: ['redis'], description }), ['http://h', 'h'], 'redis URL'],
    [of({ kind: 'integer', min: 1_000, description }), ['999', '1e9.5', 'x'], 'integer of 1,000 or more'],
    [of({ kind: 'integer', min: 0, max: 9, description }), ['10', '1.5', ' '], 'integer from 0 to 9'],
    [of({ kind: 'flag', description }), ['maybe'], 'true or false'],
    [of({ kind: 'choice', choices: ['a', 'b'], description }), ['A', 'c'], 'one of a, b'],
    [of({ kind: 'list', description }), [',', ' '], 'values separated by commas'],
    [of({ kind: 'list', choices: ['a'], description }), ['a,c'], 'comma-separated list of a'],
  ];
  for (const [declared, texts, accepts] of cases) {
    t.equal(declared.accepts, accepts);
    for (const text of texts)
      t.throws(() => declared.parse(text), { message: `invalid value; expected ${accepts}` }, text);
  }
  t.end();
});

t.test('a value that is not set', (t) => {
  t.equal(setting('A', { kind: 'integer', description }).read({}), null);
  t.equal(setting('A', { kind: 'integer', description, default: 0 }).read({ A: '' }), 0);
  t.equal(setting('A', { kind: 'path', description, default: 'x' }).read({}), resolve('x'));
  t.strictSame(setting('A', { kind: 'list', description, default: ['x'] }).read({}), ['x']);
  t.throws(() => setting('A', { kind: 'text', description, required: true }).read({}), {
    code: 'CONFIG_INVALID',
    message: 'not set (A).',
  });
  t.end();
});

t.test('the environment of the process is read by default', (t) => {
  process.env['MR_TEST_SETTING'] = '7';
  t.teardown(() => delete process.env['MR_TEST_SETTING']);
  t.equal(setting('MR_TEST_SETTING', { kind: 'integer', description }).read(), 7);
  t.end();
});

t.test('a secret or a URL comes from a file', (t) => {
  const folder = t.testdir({
    good: 'hunter2222\r\n',
    two: 'hunter2222\n\n',
    url: 'redis://u:p-of-file@h:1\n',
    empty: '\n',
    large: 'x'.repeat(SECRET_FILE_BYTES_MAX + 1),
    bytes: Buffer.from([0xff, 0xfe, 0x00]),
  });
  const pin = setting('PIN', { kind: 'text', secret: true, description });
  t.equal(pin.fileVariable, 'PIN_FILE');
  t.equal(setting('A', { kind: 'text', description }).fileVariable, null, 'what is no secret does not');
  t.equal(setting('A', { kind: 'text', description }).read({ A: 'x', A_FILE: 'y' }), 'x');
  t.equal(pin.read({ PIN_FILE: join(folder, 'good') }), 'hunter2222', 'without the line break');
  t.equal(pin.read({ PIN: '', PIN_FILE: join(folder, 'two') }), 'hunter2222\n', 'one line break');
  const url = setting('AT', { kind: 'url', protocols: ['redis'], description });
  t.equal(url.read({ AT_FILE: join(folder, 'url') }), 'redis://u:p-of-file@h:1');
  t.equal(redacted('hunter2222 p-of-file'), '*** ***', 'they are known from then on');

  const cases: Readonly<Record<string, RegExp>> = {
    empty: /PIN_FILE: the file .*empty is empty/,
    large: /PIN_FILE: the file .*large has more than \d+ bytes/,
    bytes: /PIN_FILE: the file .*bytes is not UTF-8 text/,
    missing: /PIN_FILE: cannot read the file .*missing: it does not exist/,
    '.': /PIN_FILE: cannot read the file .*: it is a folder/,
    'good/x': /PIN_FILE: cannot read the file .*: a part of its path is a file/,
  };
  for (const [file, message] of Object.entries(cases))
    t.throws(() => pin.read({ PIN_FILE: join(folder, file) }), { code: 'CONFIG_INVALID', message }, file);
  t.throws(() => pin.read({ PIN_FILE: '/dev/zero' }), { message: /it is not a regular file/ });
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  t.throws(() => pin.read({ PIN_FILE: join(folder, 'pipe') }), { message: /it is not a regular file/ });
  t.throws(() => pin.read({ PIN: 'x', PIN_FILE: join(folder, 'good') }), {
    code: 'CONFIG_INVALID',
    message: 'set twice, also by PIN_FILE; unset one of the two (PIN).',
  });
  t.end();
});

t.test('what is printed hides secrets and credentials', (t) => {
  t.equal(of({ kind: 'text', description, secret: true }).show('hunter22'), '(secret)');
  t.equal(of({ kind: 'url', protocols: ['http'], description }).show('http://u:p@h:1/'), 'http://h:1');
  t.equal(of({ kind: 'url', protocols: ['http'], description }).show('u:p@h'), '(invalid)');
  t.equal(of({ kind: 'integer', description }).show('1'), '1');
  t.end();
});

t.test('declarations that are refused', (t) => {
  const refused = { code: 'CONFIG_INVALID' };
  t.throws(() => setting('MILLRACE_X', { kind: 'text', description }), refused, "the engine's prefix");
  t.equal(engineSetting('MILLRACE_X', { kind: 'text', description }).name, 'MILLRACE_X');
  t.throws(() => setting('lower', { kind: 'text', description }), refused);
  t.throws(() => setting('X', { kind: 'integer', max: 5, default: 6, description }), refused, 'its default');
  t.throws(() => setting('X', { kind: 'choice', choices: ['a'], default: 'b', description }), refused);
  t.end();
});
