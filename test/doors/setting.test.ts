// A setting of a user's project: listed by `millrace settings`, checked before the engine starts, and read by the project.
import t from 'tap';
import { setting } from 'millrace';
import { millrace } from '../support/cli.ts';
import { runEngine } from '../support/running-engine.ts';

const PROJECT = 'test/doors/card-limits.ts';
const bank = {
  CARDS_BANK_URL: 'https://user:password@bank.example',
  MILLRACE_SCHEMAS: 'test/doors/schemas',
};

t.test('millrace settings lists it with its value, and reports its problem', async (t) => {
  const listed = await millrace(['settings', PROJECT], { ...bank, CARDS_PIN: '1234', CARDS_LIMIT: '3' });
  t.equal(listed.code, 0, listed.stderr);
  t.match(
    listed.stdout,
    /^Topology card-limits\n {2}CARDS_LIMIT=3\n {6}Integer of 1 or more\. Payments per hour/m,
  );
  t.match(listed.stdout, /^ {2}CARDS_BANK_URL=https:\/\/bank\.example$/m, 'without the credentials');
  t.match(listed.stdout, /^ {2}CARDS_PIN=\(secret\)$/m);
  const wrong = await millrace(['settings', PROJECT], { CARDS_LIMIT: '0' });
  t.equal(wrong.code, 1);
  t.match(wrong.stdout, /^ {2}CARDS_BANK_URL=\(required\)$/m);
  t.match(
    wrong.stderr,
    /CONFIG_INVALID: 2 problems:\n {2}CARDS_LIMIT: invalid value.*\n {2}CARDS_BANK_URL: not set/,
  );
});

t.test('an engine does not start with an invalid value', async (t) => {
  const { code, stderr, stdout } = await millrace(['run', PROJECT], {
    CARDS_LIMIT: 'many',
    MILLRACE_DATA: t.testdir(),
  });
  t.equal(code, 1);
  t.equal(stdout, '');
  t.match(stderr, /^millrace: CONFIG_INVALID: 2 problems:\n {2}CARDS_LIMIT: .*\n {2}CARDS_BANK_URL: not set/);
});

t.test('the project reads the value, or its default', async (t) => {
  const engine = await runEngine(['run', PROJECT], t.testdir(), { ...bank, CARDS_LIMIT: '3' });
  const answered = await fetch(`${engine.url}api/limits/new`);
  t.same(await answered.json(), { card: 'new', payments: 0, limit: 3, bank: 'bank.example' });
  t.equal(await engine.stop(), 0);
});

t.test('types follow from the declaration', (t) => {
  const description = 'For tests.';
  const rows: number = setting('T_ROWS', { kind: 'integer', default: 5, description }).read({});
  const mode: 'fast' | 'slow' | null = setting('T_MODE', {
    kind: 'choice',
    choices: ['fast', 'slow'],
    description,
  }).read({});
  // @ts-expect-error a setting without a default may be null
  const url: string = setting('T_URL', { kind: 'url', protocols: ['http'], description }).read({});
  t.same([rows, mode, url], [5, null, null]);
  t.end();
});
