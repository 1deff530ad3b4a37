// kafkajs's log lines in our telemetry (control path).
import { logLevel, type LogEntry } from 'kafkajs';
import { CONDITION_LOG_MS } from '../../../core/process-limits.ts';
import type { Telemetry } from '../../../ports/telemetry.ts';

/** These parts of the client throw what they log, and the caller reports it or retries. */
const THROWN = new Set(['Connection', 'BrokerPool']);

/** What the client logs as an error and this adapter expects. */
const EXPECTED = [
  /concurrent operation on the same transaction/, // the last transaction's markers are still being written: retried
  /^Limiting retries for the idempotent producer/, // an epoch that runs out of retries fails as a whole
];

const LINES_MAX = 256;

export function forwardLog({ namespace, level, log }: LogEntry, telemetry: Telemetry): void {
  const { message, timestamp: _timestamp, logger: _logger, stack: _stack, ...detail } = log;
  if (THROWN.has(namespace) || EXPECTED.some((pattern) => pattern.test(message))) return;
  const line = `kafka client, ${namespace}: ${message}`;
  if (isRecent(line)) return;
  if (level === logLevel.ERROR) telemetry.error(line, detail);
  else telemetry.warn(line, detail);
}

/** When each line was last logged: the client repeats what it says about a broker that is away with every retry. */
const loggedMs = new Map<string, number>();

function isRecent(line: string): boolean {
  const nowMs = performance.now();
  const lastMs = loggedMs.get(line);
  if (lastMs !== undefined && nowMs - lastMs < CONDITION_LOG_MS) return true;
  if (loggedMs.size >= LINES_MAX) loggedMs.clear();
  loggedMs.set(line, nowMs);
  return false;
}
