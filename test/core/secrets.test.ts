// Secrets are removed from text and errors in every form that a client may write them in.
import { inspect } from 'node:util';
import t from 'tap';
import { messageOf, MillraceError } from '../../src/core/errors.ts';
import { SECRET_TOKENS_MAX, SECRET_VERSIONS_MAX } from '../../src/core/key-limits.ts';
import {
  keepSecret,
  keepToken,
  keepUrlSecrets,
  redacted,
  withoutCredentials,
} from '../../src/core/secrets.ts';

const SECRET = 'cän/ary "one" 100%+&';
keepSecret(SECRET);

const forms: Readonly<Record<string, string>> = {
  plain: SECRET,
  JSON: JSON.stringify({ password: SECRET }),
  'JSON in JSON': JSON.stringify(JSON.stringify({ password: SECRET })),
  'part of a URL': `https://h/?x=${encodeURIComponent(SECRET)}`,
  'part of a URL, in small letters': encodeURIComponent(SECRET).toLowerCase(),
  form: new URLSearchParams({ client_secret: SECRET }).toString(),
  base64: Buffer.from(SECRET).toString('base64'),
  hex: Buffer.from(SECRET).toString('hex'),
  inspected: inspect({ password: SECRET }),
};

for (const [name, text] of Object.entries(forms)) {
  t.test(name, (t) => {
    const clean = redacted(`before ${text} after`);
    t.match(clean, /^before .*\*\*\*.* after$/s);
    t.notMatch(clean, /c.{1,8}n.{1,4}ary/u);
    t.end();
  });
}

t.test('Basic authorization of any user', (t) => {
  for (const user of ['', 'u', 'us', 'usr', 'user']) {
    const sent = Buffer.from(`${user}:${SECRET}`).toString('base64');
    const [, left = ''] = /^authorization: Basic (.*)$/.exec(redacted(`authorization: Basic ${sent}`)) ?? [];
    t.ok(left.includes('***') && left.length < user.length + 12, left);
  }
  t.end();
});

t.test('URLs', (t) => {
  keepUrlSecrets('redis://user:p%40ss-of-url@h:1');
  t.equal(redacted('it was p@ss-of-url or p%40ss-of-url'), 'it was *** or ***');
  t.equal(
    redacted('at http://ann:never-seen@h:1/x, http://h/ for a@b'),
    'at http://ann:***@h:1/x, http://h/ for a@b',
  );
  t.equal(redacted('at http://only-token@h:1/x'), 'at http://***@h:1/x');
  keepUrlSecrets('https://key-of-the-registry@h');
  t.equal(redacted('key-of-the-registry'), '***', 'a user without a password');
  keepUrlSecrets('http://h:8123/db?password=in-the-query&user=ann');
  t.equal(redacted('in-the-query of ann'), '*** of ann');
  t.equal(withoutCredentials('http://u:p@h:1/db?password=zzz&x=1'), 'http://h:1/db?password=***&x=1');
  t.end();
});

t.test('the lines of a key', (t) => {
  const line = 'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQ';
  keepSecret(`-----BEGIN PRIVATE KEY-----\n${line}\nshort\n-----END PRIVATE KEY-----\n`);
  t.equal(redacted(`x${line}y short -----BEGIN PRIVATE KEY-----`), 'x***y short -----BEGIN PRIVATE KEY-----');
  t.end();
});

t.test('what is too short to be looked for', (t) => {
  keepSecret('abc');
  keepSecret('');
  t.equal(redacted('abc'), 'abc');
  t.end();
});

t.test('the newest tokens are known', (t) => {
  for (let nth = 0; nth <= SECRET_TOKENS_MAX; nth++) keepToken(`token-number-${nth}.`);
  t.equal(redacted(`token-number-${SECRET_TOKENS_MAX}.`), '***');
  t.equal(redacted('token-number-1.'), '***');
  t.equal(redacted('token-number-0.'), 'token-number-0.');
  t.end();
});

t.test('the newest values of a place are known, and those of other places as before', (t) => {
  keepSecret('read-once-from-a-file', 'PASSWORD_FILE');
  keepSecret('in-the-environment');
  keepUrlSecrets('redis://u:of-the-first-url@h?token=of-the-first-query', 'URL_FILE');
  for (let nth = 0; nth < SECRET_VERSIONS_MAX; nth++) {
    keepSecret('used-again', 'KEY_FILE');
    keepSecret(`key-number-${nth}.`, 'KEY_FILE');
    keepUrlSecrets(`redis://u:url-number-${nth}.@h?token=query-number-${nth}.`, 'URL_FILE');
  }
  t.equal(redacted('key-number-0. key-number-1. used-again'), 'key-number-0. *** ***');
  t.equal(redacted('of-the-first-url url-number-0.'), 'of-the-first-url ***');
  t.equal(redacted('of-the-first-query query-number-0.'), 'of-the-first-query ***');
  t.equal(redacted('read-once-from-a-file in-the-environment'), '*** ***');
  t.end();
});

t.test('an error, its causes and what clients hang on them', (t) => {
  const reply = Object.assign(new Error('WRONGPASS'), { command: { name: 'auth', args: ['ann', SECRET] } });
  const request = Object.assign(new Error(`GET http://ann:${SECRET}@h failed`), {
    config: { auth: { password: SECRET } },
    url: `http://h/?p=${SECRET}`,
    status: 401,
    errors: [reply],
  });
  const outer = new Error('outer', { cause: request });
  request.cause = outer; // a circle
  const error = new MillraceError('STORE_FAILED', `denied ${SECRET}`, {
    where: SECRET,
    remedy: `Not ${SECRET}.`,
    cause: outer,
  });
  t.equal(error.message, 'denied *** (***). Not ***.');
  t.strictSame([error.what, error.where, error.remedy], ['denied ***', '***', 'Not ***.']);
  t.notMatch(inspect(error, { depth: 10, showHidden: true }), /c.{1,3}n\/ary/);
  t.match(request, { status: 401, url: 'http://h/?p=***', message: 'GET http://ann:***@h failed' });
  t.notMatch(request.stack, SECRET);
  t.equal(messageOf(new Error(`x ${SECRET}`)), 'x ***');
  t.end();
});
