// Nothing that a process of the command line prints has a secret in it, as long as it runs and as it dies.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { millrace, node } from '../../support/cli.ts';

const CANARY = 'canary/of "the" output';

/** A topology whose module prints its secret in many ways, and then throws past everything that could catch it. */
const module = `
import { setting } from 'millrace';
const pin = setting('CARDS_PIN', { kind: 'text', secret: true, description: 'Pin.' }).read();
console.log('printed', pin, JSON.stringify({ pin }), encodeURIComponent(pin), btoa('user:' + pin));
process.stdout.write(Buffer.from('bytes ' + pin + '\\n'));
console.error(new Error('failed for ' + pin, { cause: { request: { headers: { pin } } } }));
setImmediate(() => { throw Object.assign(new Error('uncaught ' + pin), { pin }); });
await new Promise((resolve) => setTimeout(resolve, 5_000));
`;

for (const variable of ['CARDS_PIN', 'CARDS_PIN_FILE']) {
  t.test(variable, async (t) => {
    const folder = t.testdir({ pin: `${CANARY}\n` });
    writeFileSync(join(folder, 'topology.ts'), module);
    const given = variable === 'CARDS_PIN' ? CANARY : join(folder, 'pin');
    const { code, stdout, stderr } = await millrace(['check', join(folder, 'topology.ts')], {
      [variable]: given,
    });
    t.equal(code, 1);
    t.match(stdout, /^printed \*\*\* \{"pin":"\*\*\*"\} \*\*\* \S*\*\*\*\S*$/m);
    t.match(stdout, /^bytes \*\*\*$/m);
    t.match(stderr, /failed for \*\*\*/);
    t.match(stderr, /uncaught \*\*\*/);
    for (const text of [stdout, stderr]) t.notMatch(text, /canary/i);
  });
}

t.test('a command that shuts down in order after an uncaught error still does', async (t) => {
  const script = `
    const { redactOutput } = await import('./src/app/cli/redact-output.ts');
    redactOutput();
    process.once('uncaughtException', () => setImmediate(() => { console.log('in order'); process.exit(4); }));
    setImmediate(() => { throw new Error('uncaught'); });`;
  const { code, stdout } = await node(['--input-type=module', '--eval', script]);
  t.equal(code, 4);
  t.equal(stdout, 'in order\n');
});

t.test('a report of a crash does not list the environment', async (t) => {
  const folder = t.testdir();
  writeFileSync(
    join(folder, 'topology.ts'),
    `process.stdout.write(JSON.stringify(process.report.getReport()), () => process.exit(3));
     await new Promise((resolve) => setTimeout(resolve, 5_000));`,
  );
  const { stdout } = await millrace(['check', join(folder, 'topology.ts')], {
    MILLRACE_TOKEN: 'canary-of-the-report',
  });
  t.match(stdout, '"header"');
  t.notMatch(stdout, 'canary-of-the-report');
});
