// Which execution provider works on this machine (control path).
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PROVIDER_PROBE_MS_MAX } from '../../core/model-limits.ts';
import { moduleBeside } from '../../core/module-url.ts';
import { providers } from './session.ts';
import type { Provider } from './session.ts';

export interface ProviderReport {
  readonly inUse: Provider;
  /** The providers tried before it, each with the reason why it does not work. */
  readonly refused: ReadonlyArray<{ readonly provider: Provider; readonly why: string }>;
}

/**
 * The first provider of `wanted` that runs a tiny graph, or cpu, which always works. Each is tried in its own process,
 * all in parallel: a missing library throws, but a driver may also print, hang or abort.
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

/** Null if the provider works, otherwise the reason why it does not. */
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
  // ONNX Runtime puts the location in its source and the failed condition before the message.
  if (thrown !== undefined) return thrown.replace(/^\s*\[?\w*Error: (?:\/.* was false\. )?/, '').trim();
  return error.signal ? `its process was killed by ${error.signal}` : 'its process failed';
}
