// uWebSockets.js needs a newer C library than some machines have, so its suite runs in a Node that has one.
import { join } from 'node:path';
import t from 'tap';
import { nodeCommand, uwsEnvironment } from '../../support/glibc.ts';

const [command = '', ...args] = nodeCommand();
await t.spawn(command, [...args, join(import.meta.dirname, 'contract-run.ts')], {
  env: { ...process.env, ...uwsEnvironment(), NODE_OPTIONS: '' },
});
