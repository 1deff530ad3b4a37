// What a source may declare as sensitive, and what its stages may then do.
import t from 'tap';
import {
  atLeast,
  binary,
  categorical,
  contract,
  count,
  defineTopology,
  derive,
  double,
  enumeration,
  features,
  filter,
  isNull,
  labels,
  matches,
  minutes,
  not,
  nullShare,
  numberFrom,
  range,
  numeric,
  oneOf,
  repartition,
  required,
  rowsWhere,
  score,
  sliding,
  source,
  string,
  text,
  timestamp,
  view,
  type SourceOptions,
  type Stage,
} from '../../src/index.ts';

const schema = {
  id: string,
  card: string,
  email: string,
  country: enumeration(['CH', 'DE']),
  amount: double,
  paid: double,
  hashed: double,
  at: timestamp,
};

type Given = Partial<Pick<SourceOptions, 'sensitive' | 'entity'>>;

function define(given: Given, stages: readonly Stage[] = [contract([required('id')])]): () => unknown {
  return () =>
    defineTopology({
      name: 'payments',
      source: { topic: 'payments', eventTime: 'at', schema, ...given },
      stages,
    });
}

const whole = {
  sensitive: { card: 'hash', email: 'encrypt', country: 'hash', hashed: 'hash', paid: 'drop' },
  entity: 'card',
} as const;

t.test('each treatment that fits its column is accepted', async (t) => {
  t.doesNotThrow(
    define(whole, [
      contract([required('email'), required('card')]),
      features({
        fields: { amount: numeric('amount'), country: categorical('country') },
        views: { card: view(['card'], { n: count({ over: sliding(minutes(5)) }) }) },
      }),
      score({ key: 'id' }),
    ]),
  );
});

t.test('a declaration that cannot hold is refused with what to do', async (t) => {
  const cases: ReadonlyArray<readonly [Given | object, RegExp]> = [
    [
      { sensitive: { crad: 'hash' } },
      /source\.sensitive\.crad: there is no column 'crad'; did you mean 'card'\?/,
    ],
    [
      { sensitive: { card: 'hsh' } },
      /'card' is 'hsh': use 'hash', 'encrypt' or 'drop'; did you mean 'hash'\?/,
    ],
    [{ sensitive: { at: 'drop' } }, /'at' is the event time/],
    [
      { sensitive: { email: 'encrypt' } },
      /source\.entity: 'email' is encrypted with a key of the event's entity/,
    ],
    [{ sensitive: { email: 'encrypt' }, entity: 'crad' }, /there is no column 'crad'; did you mean 'card'\?/],
    [
      { sensitive: { email: 'encrypt' }, entity: 'email' },
      /'email' has 'encrypt', and data keys are found by it: use 'hash'/,
    ],
    [{ entity: 'card' }, /there is no sensitive column/],
    [{ sensitive: {} }, /there is no column/],
    [{ sensitive: 'card' }, /'card' is no object of columns/],
    [{ sensitve: { card: 'hash' } }, /did you mean 'sensitive'\?/],
  ];
  for (const [given, message] of cases) t.throws(define(given), { code: 'TOPOLOGY_INVALID', message });
  t.doesNotThrow(define({ sensitive: { amount: 'hash', paid: 'encrypt' }, entity: 'amount' }), 'numbers');
});

t.test('stages may not read what is dropped or encrypted, or compare what is hashed', async (t) => {
  const over = sliding(minutes(5));
  const viewed = (key: string, where: Record<string, string> = {}): Stage =>
    features({ views: { by: view([key], { n: count({ over, where }) }) } }) as Stage;
  const scored: Stage[] = [features({ fields: { amount: numeric('amount') } }), score({ key: 'id' })];
  const cases: ReadonlyArray<readonly [readonly Stage[], RegExp]> = [
    [[contract([range('hashed', 0, 1)])], /'hashed' is a string/],
    [[contract([required('paid')])], /stages\[0\]\.rules\[0\]: reads 'paid': the source drops it/],
    [
      [contract([oneOf('email', ['a'])])],
      /reads 'email', which the source encrypts: a stage can only require it/,
    ],
    [[contract([oneOf('card', ['1'])])], /compares 'card' with a text, and the source hashes it/],
    [[contract([required('id', { where: { country: 'CH' } })])], /compares 'country' with a text/],
    [[filter({ country: 'CH' })], /compares 'country' with a text/],
    [[filter(text.oneOf('country', ['CH']))], /compares 'country' with a text/],
    [[filter(rowsWhere([text('country')], (country) => country === 'CH'))], /compares 'country' with a text/],
    [[derive({ first: text.slice('card', 0, 4) }) as Stage], /compares 'card' with a text/],
    [[contract([matches('card', '^4')])], /compares 'card' with a text/],
    [[filter(not(text.startsWith('email', 'a')))], /reads 'email', which the source encrypts/],
    [
      [derive({ domain: numberFrom([text('email')], (email) => email?.length ?? 0) }) as Stage],
      /reads 'email', which the source encrypts/,
    ],
    [[viewed('email'), score({ key: 'id' })], /reads 'email', which the source encrypts/],
    [[viewed('card', { country: 'CH' }), score({ key: 'id' })], /compares 'country' with a text/],
    [
      [
        ...scored,
        labels({ key: 'id', when: { country: 'CH' }, task: binary({ column: 'amount' }), timeoutMs: 1_000 }),
      ],
      /compares 'country'/,
    ],
    [
      [features({ fields: { amount: numeric('amount') } }), score({ key: 'email' })],
      /reads 'email', which the source encrypts/,
    ],
    [[repartition({ key: ['id'], partitions: 2 }) as Stage], /it sends the bytes of events on/],
  ];
  for (const [stages, message] of cases)
    t.throws(define(whole, stages), { code: 'TOPOLOGY_INVALID', message }, String(message));
  t.doesNotThrow(define(whole, [contract([required('id', { where: { amount: atLeast(1) } })])]));
  t.doesNotThrow(define(whole, [contract([required('email'), nullShare('email', { most: 0.1 })])]));
  t.doesNotThrow(define(whole, [filter(isNull('email'))]), 'whether it is null is known');
  t.doesNotThrow(define(whole, [filter(text.same('card', 'country'))]), 'hashes of equal texts are equal');
  t.doesNotThrow(define(whole, [derive({ pair: text.join('/', 'card', 'country') }) as Stage]));
});

t.test('the compiler knows which treatments a column can have', async (t) => {
  source('payments', {
    schema,
    eventTime: 'at',
    sensitive: { card: 'hash', amount: 'drop' },
    entity: 'card',
  });
  source('payments', { schema, eventTime: 'at', sensitive: { amount: 'hash' }, entity: 'amount' });
  // @ts-expect-error there is no such column
  source('payments', { schema, eventTime: 'at', sensitive: { crad: 'hash' } });
  // @ts-expect-error there is no such column
  source('payments', { schema, eventTime: 'at', sensitive: { card: 'hash' }, entity: 'amout' });
  t.pass('it compiles');
});
