// What the compiler says about a mistake in a topology: it names the column, and the one that was probably meant.
import t from 'tap';
import { compile } from './compiled.ts';

const features = (options: string): string =>
  `m.defineTopology(payments, { stages: [m.watermarks(), m.features({ ${options} })] });`;

/** A mistake, what the message must say, and the lines that it may take. */
const mistakes: Readonly<Record<string, readonly [text: string, says: readonly string[]]>> = {
  'misspelt.ts': [
    features(`views: { card: m.view(['card'], { spent: m.mean('amout', { over }) }) }`),
    [`Type '"amout: number"' is not assignable to type`, `Did you mean '"amount: number"'?`],
  ],
  'strings.ts': [
    features(`views: { card: m.view(['card'], { spent: m.mean('note', { over }) }) }`),
    [`Type '"note: number"' is not assignable to type '"card: any" | "note: string"'`],
  ],
  'numeric.ts': [
    features(`fields: { card: m.numeric('card') }`),
    [
      `Type 'FeaturesStage<"card: number", "card: number">' is not assignable to type 'Reading<"card: string">'`,
      `Type '"card: number"' is not assignable to type '"card: string"'`,
    ],
  ],
  'key.ts': [
    features(`views: { card: m.view(['crd'], { n: m.count({ over }) }) }`),
    [`Did you mean '"card: any"'?`],
  ],
  'derived.ts': [
    features(`fields: { amount: m.numeric('amount') }, derived: { twice: m.multiply('amuont', 2) }`),
    [
      `'Expression<"amuont: number", "number">' is not`,
      `Type '"amuont: number"' is not assignable to type '"amount: number"'`,
    ],
  ],
  'predicate.ts': [
    features(`fields: { amount: m.numeric('amount') }, when: { amount: '3' }`),
    [`Type '"amount: string"' is not assignable to type '"amount: number"'`],
  ],
  'time.ts': [
    `m.source('payments', { schema: { id: m.string, at: m.timestamp }, eventTime: 'id' });`,
    [`Type '"id"' is not assignable to type '"at"'`],
  ],
  'option.ts': [
    `m.defineTopology(payments, { stages: [m.score({ key: 'id', falback: 1 })] });`,
    [`'falback' does not exist in type 'ScoreOptions<"id">'`, `Did you mean to write 'fallback'?`],
  ],
  'definition.ts': [
    `m.defineTopology(payments, { stages: [], retrainning: true });`,
    [`Did you mean to write 'retraining'?`],
  ],
};

/** An editor shows a message whole: longer ones are not read. */
const LINES_MAX = 6;

t.test('each mistake has a message that says what is meant', async (t) => {
  const messages = await compile(
    Object.fromEntries(Object.entries(mistakes).map(([file, [text]]) => [file, text])),
  );
  for (const [file, [, says]] of Object.entries(mistakes)) {
    const message = messages[file] ?? '';
    for (const part of says) t.ok(message.includes(part), `${file}: ${part}\n${message}`);
    t.equal(message.match(/error TS/g)?.length, 1, `${file}: one error`);
    t.ok(message.trimEnd().split('\n').length <= LINES_MAX, `${file} has a short message`);
    t.ok(message.startsWith(`${file}(2,`), `${file}: at the line of the mistake`);
  }
});

t.test('what holds has no message', async (t) => {
  t.same(
    await compile({
      'holds.ts': features(
        `when: { note: 'x' }, fields: { amount: m.numeric('amount') }, views: { card: m.view(['card', 'note'], { n: m.count({ over }) }) }, derived: { x: m.divide('amount', 'card.n') }`,
      ),
    }),
    {},
  );
});
