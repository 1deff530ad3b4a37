// Declared verbs: options arrive by their declared names and types, problems are reported together.
import t from 'tap';
import { commandOf, programOf } from '../../../src/app/cli/command.ts';
import { port, text, workerCount } from '../../../src/app/cli/flags.ts';
import {
  configuredVerb,
  defaulted,
  several,
  toggle,
  valued,
  type Verb,
  verb,
} from '../../../src/app/cli/verb.ts';

const options = {
  listenOn: valued('--port <port>', 'a port', port),
  processes: defaulted('--worker-count <count>', 'a count', workerCount, '2'),
  tags: several('--tag <tag...>', 'tags', text),
  quiet: toggle('--quiet', 'no output'),
};

function recording(): { calls: unknown[]; declared: Verb } {
  const calls: unknown[] = [];
  const declared = verb({
    name: 'try',
    description: 'Try',
    arguments: { first: { description: 'one' }, second: { description: 'two', optional: true } as const },
    options,
    examples: [],
    action: async (given) => void calls.push(given),
  });
  return { calls, declared };
}

t.test('arguments and options by their declared names', async (t) => {
  const { calls, declared } = recording();
  const words = ['a', 'b', '--port', '80', '--worker-count', '3', '--tag', 'x', 'y', '--quiet'];
  await commandOf(declared).parseAsync(words, { from: 'user' });
  t.same(calls, [{ first: 'a', second: 'b', listenOn: 80, processes: 3, tags: ['x', 'y'], quiet: true }]);
});

t.test('absent options are undefined, false or the default', async (t) => {
  const { calls, declared } = recording();
  await commandOf(declared).parseAsync(['a'], { from: 'user' });
  t.strictSame(calls, [
    { first: 'a', second: undefined, listenOn: undefined, processes: 2, tags: undefined, quiet: false },
  ]);
});

t.test('all problems of the options are one error, and the action does not run', async (t) => {
  const { calls, declared } = recording();
  const words = ['a', '--port', 'x', '--worker-count', '0'];
  await t.rejects(commandOf(declared).parseAsync(words, { from: 'user' }), {
    code: 'CONFIG_INVALID',
    message: /2 problems:\n {2}--port x: give a port.*\n {2}--worker-count 0: give a count/,
  });
  t.same(calls, []);
});

t.test('a configured verb names the settings that it needs', async (t) => {
  const declared = configuredVerb({
    name: 'send',
    description: 'Send',
    arguments: {},
    options: { listenOn: options.listenOn },
    requires: ['MILLRACE_KAFKA_BROKERS'],
    examples: [],
    action: () => Promise.reject(new Error('the action runs')),
  });
  const before = process.env['MILLRACE_KAFKA_BROKERS'];
  delete process.env['MILLRACE_KAFKA_BROKERS'];
  t.teardown(() => {
    if (before !== undefined) process.env['MILLRACE_KAFKA_BROKERS'] = before;
  });
  const root = programOf({ name: 'test', description: '', verbs: [declared], examples: [] });
  await t.rejects(root.parseAsync(['send', '--port', 'x'], { from: 'user' }), {
    code: 'CONFIG_INVALID',
    message: /--port x: [^]*MILLRACE_KAFKA_BROKERS: not set/,
  });
});
