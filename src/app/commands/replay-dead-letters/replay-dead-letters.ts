// `millrace replay-dead-letters`: puts rejected events back into their topic, transformed or unchanged (control path).
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf, MillraceError } from '../../../core/errors.ts';
import { AuditLog, type AuditLogParts } from '../../../runtime/audit/audit-log.ts';
import { instantText } from '../../../core/time.ts';
import { openAppTelemetry, openCodec, openLog } from '../../compose/adapters.ts';
import { operator } from '../../compose/operator.ts';
import { openLetterOpener } from '../../compose/sealed-letters.ts';
import type { Config } from '../../settings/config.ts';
import { DeadLetterReplay, type Transform, type ReplayChoice, type ReplayCounts } from './dead-letters.ts';
import { RecordQuarantine } from '../../../runtime/quarantine/record-quarantine.ts';
import { loadTopology } from '../../compose/load-topology.ts';

export interface ReplayDeadLettersOptions extends Omit<ReplayChoice, 'transform'> {
  /** A module whose default export is a Transform; null for none. */
  readonly transformFile: string | null;
}

export async function replayDeadLetters(
  file: string,
  config: Config,
  { transformFile, ...choice }: ReplayDeadLettersOptions,
): Promise<void> {
  const topology = await loadTopology(file);
  const transform = transformFile === null ? null : await loadTransform(transformFile);
  const telemetry = await openAppTelemetry(config);
  const log = await openLog(config, telemetry);
  const codec = openCodec(config);
  const { name } = topology;
  const quarantine = new RecordQuarantine({ topology: name, log, codec, telemetry, nowMs: Date.now });
  try {
    if (!choice.dryRun) await recordReplay(name, { log, codec }, { transformFile, ...choice });
    const opener = await openLetterOpener(topology, config, log, codec, quarantine);
    const chosen = { ...choice, transform };
    const replay = new DeadLetterReplay(log, codec, topology, chosen, quarantine, opener);
    process.stdout.write(`${summary(await replay.run(), choice.dryRun)}\n`);
  } finally {
    await quarantine.close();
    await codec.close();
    await log.close();
  }
}

async function recordReplay(
  topology: string,
  parts: Pick<AuditLogParts, 'log' | 'codec'>,
  { codes, sinceMs, transformFile }: ReplayDeadLettersOptions,
): Promise<void> {
  const audit = await AuditLog.open(topology, { ...parts, nowMs: Date.now });
  await audit.record({
    ...operator(),
    action: 'replay',
    subject: `dead letters of ${topology}`,
    before: null,
    after: {
      codes: codes === null ? null : [...codes],
      since: Number.isFinite(sinceMs) ? instantText(sinceMs) : null,
      transform: transformFile,
    },
  });
}

/** @throws CONFIG_INVALID if the module cannot be loaded or exports no function */
async function loadTransform(file: string): Promise<Transform> {
  const where = `--transform ${file}`;
  const path = resolve(file);
  if (!existsSync(path)) throw new MillraceError('CONFIG_INVALID', 'there is no such file', { where });
  let loaded: { default?: unknown };
  try {
    loaded = (await import(pathToFileURL(path).href)) as { default?: unknown }; // a module: checked next
  } catch (cause) {
    throw new MillraceError('CONFIG_INVALID', `the module cannot be loaded: ${messageOf(cause)}`, {
      where,
      cause,
    });
  }
  if (typeof loaded.default !== 'function') {
    throw new MillraceError('CONFIG_INVALID', 'the module has no function as its default export', {
      where,
      remedy: 'Add export default (letter) => letter.value; return null to leave a letter.',
    });
  }
  return loaded.default as Transform; // a function; what it returns is put back unchanged
}

function summary(counts: ReadonlyMap<string, ReplayCounts>, dryRun: boolean): string {
  if (counts.size === 0) return 'no dead letters';
  const put = dryRun ? 'would be put back' : 'put back';
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { putBack, before, left }]) =>
        `${code.padEnd(18)} ${putBack} ${put}, ${before} put back earlier, ${left} left`,
    )
    .join('\n');
}
