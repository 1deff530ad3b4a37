// `millrace models import` (control path): a model that others made becomes a candidate of a topology.
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { isModelUri } from '../../../adapters/mlflow/read-model.ts';
import { fileError } from '../../../core/file-errors.ts';
import { type FeatureMap, parseFeatureMap } from '../../../learning/imported/feature-map.ts';
import type { ModelImport } from '../../../learning/imported/model-import.ts';
import type { OutputKind } from '../../../learning/imported/model-outputs.ts';
import type { History } from '../../../ports/history.ts';
import type { Telemetry } from '../../../ports/telemetry.ts';
import { AuditLog } from '../../../runtime/audit/audit-log.ts';
import { importModel, type ImportRequest } from '../../../runtime/models/model-import.ts';
import { requirePossibleSize } from '../../../runtime/models/model-size.ts';
import type { Topology } from '../../../topology/define.ts';
import {
  openAppTelemetry,
  openCodec,
  openHistory,
  openLog,
  openRegistry,
  openScorers,
} from '../../compose/adapters.ts';
import { makeDataFolder } from '../../compose/data-folder.ts';
import { isLocked, lockFolder } from '../../compose/folder-lock.ts';
import { loadTarget, targetWords, type TargetPlace } from '../../compose/load-target.ts';
import { openModelKeys } from '../../compose/model-keys.ts';
import { operator } from '../../compose/operator.ts';
import type { Config } from '../../settings/config.ts';
import { declaredName } from '../../../topology/targets.ts';
import { promoteModel } from './change-champion.ts';
import { readExamples } from './examples.ts';
import { modelOfMlflow } from './mlflow.ts';
import { reportDamaged } from './report-damaged.ts';

export interface ImportOptions {
  /** URL of the server that a name `models:/...` is looked up on; undefined for that of the settings. */
  readonly mlflow: string | undefined;
  /** A file with the map of features. */
  readonly features: string | undefined;
  readonly output: readonly string[] | undefined;
  readonly scores: OutputKind | undefined;
  readonly positive: string | undefined;
  readonly task: string | undefined;
  readonly version: string | undefined;
  readonly examples: string | undefined;
  readonly promote: boolean;
  readonly wait: number | undefined;
  readonly json: boolean;
}

/**
 * @param name of a file, or of a model that MLflow has
 * @throws MODEL_INVALID with what to do about it; nothing is registered then
 */
export async function importNamed(
  name: string,
  place: TargetPlace,
  config: Config,
  options: ImportOptions,
): Promise<void> {
  if (!isModelUri(name)) return importFile(name, place, config, options);
  const { uri, bytes, origin } = await modelOfMlflow(name, config, options.mlflow);
  const version = options.version ?? uri.replace('models:/', '').replace(/[^A-Za-z0-9_.+-]/g, '-');
  await importBytes({ source: uri, bytes, origin }, place, config, { ...options, version });
}

async function importFile(
  file: string,
  place: TargetPlace,
  config: Config,
  options: ImportOptions,
): Promise<void> {
  const unreadable = (error: unknown): never => {
    throw fileError(error, 'read the model', file, 'MODEL_INVALID');
  };
  // Null where nothing bounds the process but the machine.
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  requirePossibleSize((await stat(file).catch(unreadable)).size, memory, file);
  const bytes = await readFile(file).catch(unreadable);
  await importBytes({ source: file, bytes }, place, config, options);
}

/** @param given the model, and where it comes from */
async function importBytes(
  given: Pick<ImportRequest, 'source' | 'bytes' | 'origin'>,
  place: TargetPlace,
  config: Config,
  options: ImportOptions,
): Promise<void> {
  const topology = await loadTarget(place);
  const { output = null, scores = null, positive = null, task = null, version = null } = options;
  const examples = options.examples === undefined ? [] : await readExamples(options.examples);
  const features = options.features === undefined ? null : await readMap(options.features);
  const request: ImportRequest = {
    ...given,
    choices: { features, output, scores, positive },
    version,
    task,
    examples,
    by: operator(),
  };
  const imported = await imports(topology, config, request);
  process.stdout.write(`${options.json ? JSON.stringify(imported, null, 2) : importText(imported)}\n`);
  if (!options.promote) {
    if (!options.json)
      process.stdout.write(
        `Make it the champion: millrace models promote ${place.file} ${imported.version}${targetWords(place)}\n`,
      );
    return;
  }
  await promoteModel(place, imported.version, config, { waitMs: options.wait });
}

async function readMap(file: string): Promise<FeatureMap> {
  const json = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileError(error, 'read the map of features', file, 'CONFIG_INVALID');
  });
  return parseFeatureMap(json);
}

async function imports(topology: Topology, config: Config, request: ImportRequest): Promise<ModelImport> {
  const keys = openModelKeys(config);
  const telemetry = await openAppTelemetry(config);
  const log = await openLog(config, telemetry);
  const codec = openCodec(config);
  const scorers = await openScorers(config, telemetry);
  const closing: Array<() => Promise<void>> = [() => scorers.close(), () => codec.close(), () => log.close()];
  try {
    const featureLog = await openFeatureLog(config, telemetry);
    closing.unshift(() => featureLog.close());
    const { history } = featureLog;
    const audit = await AuditLog.open(declaredName(topology), { log, codec, nowMs: Date.now });
    const registry = openRegistry(config, reportDamaged);
    return await importModel(
      { topology, log, registry, history, scorers, keys, audit, nowMs: Date.now },
      request,
    );
  } finally {
    for (const close of closing) await close();
  }
}

interface FeatureLog {
  /** Null while an engine has it: an embedded one has one user at a time. */
  readonly history: Pick<History, 'recentVectors'> | null;
  close(): Promise<void>;
}

/** Before the first run: opening one would make its files. */
const NOTHING_LOGGED: FeatureLog['history'] = {
  recentVectors: async ({ width }) => ({ rowCount: 0, width, features: new Float32Array(0) }),
};

async function openFeatureLog(config: Config, telemetry: Telemetry): Promise<FeatureLog> {
  const isEmbedded = config.clickhouseUrl === null;
  if (isEmbedded) await makeDataFolder(config.dataFolder);
  const hasFiles = ['history', 'history.db'].some((name) => existsSync(join(config.dataFolder, name)));
  if (isEmbedded && !hasFiles) return { history: NOTHING_LOGGED, close: async () => undefined };
  if (isEmbedded && (await isLocked(config.dataFolder)))
    return { history: null, close: async () => undefined };
  const unlock = isEmbedded ? await lockFolder(config.dataFolder) : null;
  const { history } = await openHistory(config, telemetry).catch(async (error: unknown) => {
    await unlock?.();
    throw error;
  });
  return {
    history,
    async close() {
      await history.close();
      await unlock?.();
    },
  };
}

function importText({
  topology,
  version,
  order,
  score,
  examples,
  referenceRows,
  notices,
}: ModelImport): string {
  const compared =
    examples.rows === 0
      ? []
      : [`examples   ${examples.rows} rows, the largest difference is ${examples.difference.toPrecision(2)}`];
  return [
    `${topology}: ${version} is a candidate.`,
    `features   ${order}`,
    `score      of ${score}`,
    ...compared,
    `reference  ${referenceRows} logged vectors`,
    ...notices.map((notice) => `note       ${notice}`),
  ].join('\n');
}
