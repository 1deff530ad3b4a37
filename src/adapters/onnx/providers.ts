// Which execution provider works on this machine (control path).
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PROVIDER_PROBE_MS_MAX } from '../../core/limits.ts';
import { moduleBeside } from '../../core/module-url.ts';
import { providers } from './session.ts';
import type { Provider } from './session.ts';

export interface ProviderReport {
  readonly inUse: Provider;
  /** Those tried before it, each with why it does not work. */
  readonly refused: ReadonlyArray<{ readonly provider: Provider; readonly why: string }>;
}

/**
 * The first provider of `wanted` that runs a tiny graph; cpu, which is always there, where none does. Each is tried in
 * a process of its own, all at once: a missing library throws, but a driver may as well print, hang or abort.
 */
export async function probeProviders(wanted: readonly Provider[] = providers): Promise<ProviderReport> {
  const candidates = wanted.slice(0, wanted.indexOf('cpu') === -1 ? wanted.length : wanted.indexOf('cpu'));
  const failures = await Promise.all(candidates.map(tryProvider));
  const works = failures.indexOf(null);
  const refused = candidates.slice(0, works === -1 ? candidates.length : works);
  return {
    inUse: candidates[works] ?? 'cpu',
    refused: refused.map((provider, i) => ({ provider, why: failures[i] ?? 'unknown' })),
  };
}

/** Null where the provider works, else why it does not. */
function tryProvider(provider: Provider): Promise<string | null> {
  const entry = fileURLToPath(moduleBeside(import.meta.url, './probe-entry'));
  const options = { timeout: PROVIDER_PROBE_MS_MAX, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    execFile(process.execPath, [entry, provider], options, (error, _stdout, stderr) => {
      resolve(error === null ? null : reasonOf(stderr, error));
    });
  });
}

function reasonOf(
  stderr: string,
  error: { killed?: boolean | undefined; signal?: string | undefined },
): string {
  if (error.killed) return `no answer within ${PROVIDER_PROBE_MS_MAX} ms`;
  const thrown = stderr.split('\n').find((line) => /^\s*(\[?\w*Error|Error)\b.*: /.test(line));
  // ONNX Runtime puts the place in its source and the broken condition before the message.
  if (thrown !== undefined) return thrown.replace(/^\s*\[?\w*Error: (?:\/.* was false\. )?/, '').trim();
  return error.signal ? `its process ended by ${error.signal}` : 'its process failed';
}
