// `millrace check`: broken topologies, each with the place of what is wrong.
import { symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import t from 'tap';
import { millrace } from '../../support/cli.ts';

/** Several processes, on a machine that is busy. */
t.setTimeout(180_000);

const IMPORTS = `import * as m from 'millrace';\n`;
const SOURCE = `const payments = m.source('payments', { schema: { id: m.string, amount: m.double, at: m.timestamp }, eventTime: 'at' });\n`;
const over = 'm.sliding(m.hours(1))';

const good = `${IMPORTS}${SOURCE}export default m.defineTopology(payments, {
  stages: [m.features({ fields: { amount: m.numeric('amount') } }), m.score({ key: 'id' })],
});\n`;

const files = {
  'package.json': '{ "type": "module" }',
  'tsconfig.json':
    '{ "compilerOptions": { "module": "nodenext", "strict": true, "allowImportingTsExtensions": true, "noEmit": true, "skipLibCheck": true, "types": ["node"] } }',
  'good.ts': good,
  'syntax.ts': `${IMPORTS}export default {\n  a: ;\n};\n`,
  'name.ts': `import { featurs } from 'millrace';\nexport default featurs;\n`,
  'package.ts': `${IMPORTS}\nimport x from 'no-such-package/part';\nexport default x;\n`,
  'module.ts': `${IMPORTS}import x from './missing.ts';\nexport default x;\n`,
  'throws.ts': `${IMPORTS}const nothing: any = undefined;\nexport default m.defineTopology(nothing.at, { stages: [] });\n`,
  'window.ts': `${IMPORTS}${SOURCE}const over =\n  m.sliding(7, 2);\nconst views = { id: m.view(['id'], { n: m.count({ over }) }) };\nexport default m.defineTopology(payments, { stages: [m.features({ views })] });\n`,
  'column.ts': `${IMPORTS}${SOURCE}export default m.defineTopology(payments, {
  stages: [
    m.features({
      views: {
        id: m.view(['id'], {
          spent: m.mean('amout', { over: ${over} }),
        }),
      },
    }),
  ],
});\n`,
  'nothing.js': 'export const topology = 1;\n',
  'promise.js': 'export default Promise.reject(new Error());\n',
  'option.js': `${IMPORTS}${SOURCE}export default m.defineTopology(payments, {
  stages: [
    m.features({ fields: { amount: m.numeric('amount') } }),
    m.score({ key: 'id', falback: 0 }),
  ],
  retraning: true,
});\n`,
  'late.js': `${IMPORTS}${SOURCE}export default m.defineTopology(payments, {
  stages: [
    m.watermarks({ allowedLatenessMs: m.days(400) }),
    m.features({ views: { id: m.view(['id'], { n: m.count({ over: ${over} }) }) } }),
  ],
});\n`,
  'topic.js': `${IMPORTS}export default m.defineTopology(m.source('pay ments', { schema: { at: m.timestamp }, eventTime: 'at' }), { stages: [] });\n`,
  'types.ts': `${good}export const wrong: number = 'text';\n`,
  'untyped.ts': `${IMPORTS}export default m.defineTopology({ name: 'untyped', source: { topic: 'untyped', eventTime: 'at' }, stages: [m.dedupe({ by: ['idd'] })] });\n`,
  schemas: {
    'untyped-value.avsc': JSON.stringify({
      type: 'record',
      name: 'Untyped',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'at', type: 'long' },
      ],
    }),
    'other-value.avsc': JSON.stringify({
      type: 'record',
      name: 'Other',
      fields: [{ name: 'at', type: 'long' }],
    }),
  },
  'route.js': `${IMPORTS}${SOURCE}export default m.defineTopology(payments, { stages: [], routes: [m.route({ method: 'GET', path: '/metrics', description: '', handler: () => m.reply.json(200, {}) })] });\n`,
  'other.js': `${IMPORTS}export default m.defineTopology(m.source('other', { schema: { at: m.timestamp }, eventTime: 'at' }), { stages: [] });\n`,
};

const folder = t.testdir({ ...files, node_modules: {} });
for (const name of ['millrace', 'typescript', '@types'])
  symlinkSync(
    name === 'millrace' ? resolve('.') : resolve('node_modules', name),
    join(folder, 'node_modules', name),
  );

const check = (file: string): ReturnType<typeof millrace> =>
  millrace(['check', join(folder, file)], { MILLRACE_SCHEMAS: join(folder, 'schemas') });

t.test('a default export that is no topology', async (t) => {
  for (const [file, says] of [
    ['nothing.js', 'the file has no topology as its default export'],
    ['promise.js', 'the default export is a promise'],
  ] as const) {
    const { code, stderr } = await check(file);
    t.equal(code, 1);
    t.match(stderr, `millrace: TOPOLOGY_INVALID: ${says} (`);
    t.match(stderr, file);
  }
});

const broken: ReadonlyArray<readonly [file: string, place: string, says: RegExp]> = [
  ['syntax.ts', '3:6', /Expression expected/],
  ['name.ts', '1:10', /does not provide an export named 'featurs'/],
  ['package.ts', '3:15', /Cannot find package 'no-such-package'/],
  ['module.ts', '2:15', /Cannot find module/],
  ['throws.ts', '3:41', /Cannot read properties of undefined/],
  ['window.ts', '4:5', /a window of 7 ms cannot be divided into panes of 2 ms/],
  [
    'column.ts',
    '8:20',
    /stages\[0\]\.views\.id\.features\.spent: reads 'amout': no such column; did you mean 'amount'\?/,
  ],
  ['option.js', '6:7', /stages\[1\]\.falback: there is no option 'falback'; did you mean 'fallback'\?/],
  ['option.js', '3:18', /retraning: there is no option 'retraning'; did you mean 'retraining'\?/],
  ['topic.js', '2:35', /topic 'pay ments'/],
  ['types.ts', '6:14', /TS2322: Type 'string' is not assignable to type 'number'/],
  ['untyped.ts', '2:110', /reads 'idd': no such column; did you mean 'id'\?/],
];

for (const [file, place, says] of broken) {
  t.test(`${file}: ${says.source}`, async (t) => {
    const { code, stderr, stdout } = await check(file);
    t.equal(code, 1);
    t.equal(stdout, '');
    t.match(stderr, /^millrace: TOPOLOGY_INVALID: /);
    t.match(stderr, says);
    t.ok(stderr.includes(`${file}:${place} `), `${place} in ${stderr}`);
    t.notMatch(stderr, /\n {4}at /, 'no stack');
  });
}

t.test('windows with their allowed lateness', async (t) => {
  const { code, stderr } = await check('late.js');
  t.equal(code, 1);
  t.match(
    stderr,
    /TOPOLOGY_INVALID: \S+late\.js:\d+:\d+ stages\[\d\]\.views\.\S+\.over: a window needs \d+ panes, allowed lateness included/,
  );
});

t.test('a schema file that is not what the source declares', async (t) => {
  const { code, stderr } = await check('other.js');
  t.equal(code, 1);
  t.match(stderr, /the schema file of other-value is not what the source declares/);
});

t.test('a route that overlaps with one of the engine', async (t) => {
  const { code, stderr } = await check('route.js');
  t.equal(code, 1);
  t.match(stderr, /TOPOLOGY_INVALID: route GET \/metrics: it overlaps with GET \/metrics/);
});

t.test('the definition and the types are checked both', async (t) => {
  const { stderr } = await check('column.ts');
  t.match(stderr, /column\.ts:5:5 TS2322: Type 'FeaturesStage<[^]*Did you mean '"amount: number"'\?/);
});

t.test('topologies that hold', async (t) => {
  const { code, stdout, stderr } = await check('good.ts');
  t.equal(code, 0, stderr);
  t.match(
    stdout,
    /good\.ts is valid: topology payments, 3 stages, 1 features\ntypes are valid: TypeScript \d/,
  );
  const flights = await millrace(['check', 'topologies/flights.ts']);
  t.equal(flights.code, 0, flights.stderr);
});
