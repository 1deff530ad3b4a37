// What an editor shows for the names of a topology: types that a reader takes in at once.
import t from 'tap';
import { projectOf } from './compiled.ts';
import { LanguageServer } from './language-server.ts';

const project = projectOf({
  'payments.ts': `
const vector = m.features({
  when: { note: 'x' },
  fields: { amount: m.numeric('amount') },
  views: { card: m.view(['card'], { spent: m.mean('amount', { over, where: { note: 'a' } }), n: m.count({ over }) }) },
});
const joined = m.labels({ key: 'id', task: m.binary({ column: 'amount', positive: m.above(1) }) });
const topology = m.defineTopology(payments, {
  stages: [m.contract([m.required('card'), m.range('amount', 0, 1)]), vector, m.score({ key: 'id' }), joined],
});
const spent = m.mean('amount', { over });
`,
});
const server = new LanguageServer(project.folder);
t.teardown(() => {
  server.end();
  project.remove();
});

const hover = async (name: string): Promise<string> =>
  (await server.hover('payments.ts', name)).replaceAll('m.', '').replaceAll(/\s+/g, ' ');

t.test('values', async (t) => {
  await server.start();
  const columns =
    '{ id: ColumnType<"string">; card: ColumnType<"string">; amount: ColumnType<"double">; note: ColumnType<"string?">; at: ColumnType<"timestamp">; }';
  t.equal(await hover('payments ='), `const payments: Source<${columns}>`);
  t.equal(await hover('topology ='), `const topology: Topology<${columns}>`);
  t.equal(
    await hover('vector ='),
    'const vector: FeaturesStage<"amount: number" | "card: any" | "note: string", "amount: number" | "card: any" | "note: string">',
  );
  t.equal(await hover('joined ='), 'const joined: LabelsStage<"amount: number" | "id: any">');
  t.equal(await hover('spent ='), 'const spent: Aggregate<"amount: number">');
});

t.test('calls', async (t) => {
  const calls: ReadonlyArray<readonly [name: string, shown: string]> = [
    ['required(', '): Rule<"card: any">'],
    ['contract(', '): ContractStage<"amount: number" | "card: any">'],
    ['score(', 'function score<"id">(options: ScoreOptions<"id">): ScoreStage<"id: any">'],
    ['count(', '=> Aggregate<never>'],
    ['mean(', '=> Aggregate<"amount: number">'],
    ['view(', '): View<"amount: number" | "card: any" | "note: string", "n" | "spent", "card">'],
  ];
  for (const [name, shown] of calls) {
    const text = await hover(name);
    t.ok(text.includes(shown), `${name} shows ${text}`);
  }
});
