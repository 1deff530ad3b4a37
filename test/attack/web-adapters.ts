// How an engine's process is started so that one of the two web adapters serves its port.
import { join } from 'node:path';
import { nodeCommand, uwsEnvironment } from '../support/glibc.ts';

export const webAdapters = ['ws', 'uws'] as const;
export type WebAdapter = (typeof webAdapters)[number];

/** What the engine logs where ws serves. */
export const WS_SERVES = 'ws serves instead';

const support = join(import.meta.dirname, '..', 'support');

export interface NodeStart {
  /** Node and its options. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export function startOf(adapter: WebAdapter): NodeStart {
  if (adapter === 'ws')
    return { command: [process.execPath, '--import', join(support, 'without-uws.ts')], environment: {} };
  return {
    command: [...nodeCommand(), '--import', join(support, 'exec-path.ts')],
    environment: { ...uwsEnvironment(), TEST_NODE: process.execPath },
  };
}
