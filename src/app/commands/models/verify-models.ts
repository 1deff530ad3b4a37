// `millrace models verify` (control path): what an engine would refuse of the registry's versions, and why.
import { isCode, MillraceError } from '../../../core/errors.ts';
import { ModelGate } from '../../../runtime/models/model-gate.ts';
import { modelNeeds } from '../../../runtime/models/model-needs.ts';
import type { ModelRegistry } from '../../../ports/model-registry.ts';
import { openAppTelemetry, openRegistry, openScorers } from '../../compose/adapters.ts';
import { loadTarget, type TargetPlace } from '../../compose/load-target.ts';
import { openModelKeys } from '../../compose/model-keys.ts';
import type { Config } from '../../settings/config.ts';
import { table } from './model-text.ts';
import { reportDamaged } from './report-damaged.ts';
import { manifestsOf } from './show-models.ts';

interface Verdict {
  readonly version: string;
  readonly status: string;
  /** SHA-256 of the model's bytes; null if they cannot be read. */
  readonly sha256: string | null;
  /** Name of the key; null if the model is not signed. */
  readonly signedBy: string | null;
  /** Why an engine refuses it; null if it does not. */
  readonly refused: string | null;
}

/**
 * Prints a line for each version: `ok`, or why an engine would refuse it.
 * @param version all of them if it is undefined
 * @throws MODEL_INVALID if an engine would refuse one of them, MODEL_UNKNOWN
 */
export async function verifyModels(
  place: TargetPlace,
  version: string | undefined,
  config: Config,
  asJson: boolean,
): Promise<void> {
  const topology = await loadTarget(place);
  const keys = openModelKeys(config);
  let damaged = 0;
  const registry = openRegistry(config, (error) => {
    damaged += 1;
    reportDamaged(error);
  });
  const versions =
    version === undefined
      ? await registry.list(topology.name).then((known) => known.map((manifest) => manifest.version))
      : [version];
  if (versions.length === 0 && damaged === 0) await manifestsOf(config, topology);
  const scorers = await openScorers(config, await openAppTelemetry(config));
  try {
    const gate = new ModelGate(modelNeeds(topology), scorers, keys);
    const verdicts: Verdict[] = [];
    for (const one of versions) verdicts.push(await verdictOn(registry, gate, topology.name, one));
    process.stdout.write(`${asJson ? JSON.stringify(verdicts, null, 2) : verdictTable(verdicts)}\n`);
    const refused = damaged + verdicts.filter((verdict) => verdict.refused !== null).length;
    if (refused === 0) return;
    throw new MillraceError(
      'MODEL_INVALID',
      `${refused} of ${versions.length + damaged} versions would be refused`,
      {
        where: topology.name,
        remedy: 'Engines keep the champion that they have. Promote a version that is ok.',
      },
    );
  } finally {
    await scorers.close();
  }
}

async function verdictOn(
  registry: ModelRegistry,
  gate: ModelGate,
  topology: string,
  version: string,
): Promise<Verdict> {
  try {
    const { manifest, model } = await registry.load(topology, version);
    const { status, sha256, signature } = manifest;
    const signedBy = signature?.key ?? null;
    const refused = await reasonOf(gate.check({ version, manifest, model }));
    return { version, status, sha256, signedBy, refused };
  } catch (error) {
    if (!isCode(error, 'MODEL_INVALID')) throw error;
    return { version, status: 'damaged', sha256: null, signedBy: null, refused: error.message };
  }
}

async function reasonOf(check: Promise<void>): Promise<string | null> {
  try {
    await check;
    return null;
  } catch (error) {
    if (!isCode(error, 'MODEL_INVALID')) throw error;
    return error.message;
  }
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ version, status, sha256, signedBy, refused }) => [
    version,
    status,
    sha256?.slice(0, 12) ?? '-',
    signedBy ?? '-',
    refused === null ? 'ok' : `refused: ${refused}`,
  ]);
  return table([['version', 'status', 'sha256', 'signed by', 'verdict'], ...rows]);
}
