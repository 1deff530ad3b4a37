// `millrace models probe` (control path): changes logged vectors, scores them apart from every engine, and keeps what it found
// with the version.
import { MillraceError } from '../../../core/errors.ts';
import type { ProbeGoal, ProbeReport } from '../../../core/probe-report.ts';
import type { Vectors } from '../../../learning/probe/input.ts';
import { oneOutput, probedOutput } from '../../../learning/probe/one-output.ts';
import { probe } from '../../../learning/probe/probe.ts';
import type { RecentVectors } from '../../../ports/history.ts';
import type { Telemetry } from '../../../ports/telemetry.ts';
import { ModelGate } from '../../../runtime/models/model-gate.ts';
import { ModelKeys } from '../../../runtime/models/model-keys.ts';
import { modelNeeds } from '../../../runtime/models/model-needs.ts';
import { inBatches } from '../../../runtime/models/untrusted-scores.ts';
import { Random } from '../../../stats/random.ts';
import type { Topology } from '../../../topology/define.ts';
import { probeInputs } from '../../../topology/probe-inputs.ts';
import { openAppTelemetry, openHistory, openRegistry, openScorers } from '../../compose/adapters.ts';
import { lockFolder } from '../../compose/folder-lock.ts';
import { loadTarget, type TargetPlace } from '../../compose/load-target.ts';
import { recordChange } from '../../compose/record-change.ts';
import type { Config } from '../../settings/config.ts';
import { declaredName, modelSubject } from '../../../topology/targets.ts';
import { probeText } from './probe-text.ts';
import { reportDamaged } from './report-damaged.ts';

export interface ProbeOptions {
  readonly columns: readonly string[] | undefined;
  readonly output: string | undefined;
  readonly goal: ProbeGoal;
  readonly threshold: number | undefined;
  readonly step: number;
  readonly budget: number;
  readonly rows: number;
  readonly newest: number;
  readonly seed: number;
}

/** A decision on a probability; scores of other ranges have no such middle. */
const PROBABILITY_THRESHOLD = 0.5;
/** Inputs that the audit log names. */
const AUDITED_INPUTS = 5;

/** @throws CONFIG_INVALID without vectors; MODEL_INVALID for a model that engines would refuse, its signature apart */
export async function probeModel(
  place: TargetPlace,
  version: string,
  config: Config,
  options: ProbeOptions,
  asJson: boolean,
): Promise<void> {
  const topology = await loadTarget(place);
  const { features, task } = topology;
  if (features === null)
    throw new MillraceError('CONFIG_INVALID', 'the topology has no features', { where: topology.name });
  const probed = probedOutput(task.output, options.output ?? null);
  const declared = probeInputs(topology, features, options.columns ?? null);
  const registry = openRegistry(config, reportDamaged);
  const { manifest, model } = await registry.load(topology.name, version);
  const telemetry = await openAppTelemetry(config);
  const logged = await recentVectors(topology, features.features.length, config, telemetry, options.newest);
  const { low, high } = task.output;
  const threshold = options.threshold ?? (low === 0 && high === 1 ? PROBABILITY_THRESHOLD : null);
  const scorers = await openScorers(config, telemetry);
  try {
    // Without its signature: a probe helps to decide on it.
    await new ModelGate(modelNeeds(topology), scorers, new ModelKeys()).check({ version, manifest, model });
    const given = { version, model, inputWidth: logged.width, outputs: probed.count };
    const score = oneOutput(inBatches(scorers, given), probed);
    const { goal, step, budget, seed } = options;
    const {
      rows,
      threshold: used,
      ...found
    } = await probe(
      { vectors: drawn(logged, options.rows, seed), ...declared, score, output: task.output },
      { step, threshold, goal, budget },
    );
    if (rows === 0) throw noVectors(topology, 'the model scores none of the vectors');
    const report: ProbeReport = {
      topology: topology.name,
      version,
      sha256: manifest.sha256,
      atMs: Date.now(),
      options: {
        rows,
        newest: logged.rowCount,
        seed,
        step,
        threshold: used,
        goal,
        budget,
        columns: declared.columns,
        ...(probed.name === null ? {} : { output: probed.name }),
      },
      ...found,
    };
    const before = await registry.probe(topology.name, version).catch(() => null);
    await recordChange(declaredName(topology), config, telemetry, {
      action: 'probe',
      subject: modelSubject(topology, version),
      before: before === null ? null : summary(before),
      after: summary(report),
    });
    await registry.setProbe(report);
    process.stdout.write(`${asJson ? JSON.stringify(report, null, 2) : probeText(report)}\n`);
  } finally {
    await scorers.close();
  }
}

function noVectors({ name }: Topology, what: string): MillraceError {
  return new MillraceError('CONFIG_INVALID', what, {
    where: name,
    remedy: 'Run the topology first, or name its history: MILLRACE_CLICKHOUSE_URL, or --data.',
  });
}

/** An embedded history has one user at a time. */
async function recentVectors(
  topology: Topology,
  width: number,
  config: Config,
  telemetry: Telemetry,
  rowsMax: number,
): Promise<RecentVectors> {
  const unlock = config.clickhouseUrl === null ? await lockFolder(config.dataFolder) : null;
  try {
    const { history } = await openHistory(config, telemetry);
    try {
      const vectors = await history.recentVectors({ topology: topology.name, rowsMax, width });
      if (vectors.rowCount > 0) return vectors;
      throw noVectors(topology, 'the history has no vectors with the features of the topology');
    } finally {
      await history.close();
    }
  } finally {
    await unlock?.();
  }
}

/** Some of the vectors, in their order: each set of them is equally likely. */
function drawn({ features, rowCount, width }: RecentVectors, count: number, seed: number): Vectors {
  const rows = Uint32Array.from({ length: rowCount }, (_, row) => row);
  const random = new Random(seed);
  const size = Math.min(count, rowCount);
  for (let i = 0; i < size; i++) {
    const j = i + random.nextInt(rowCount - i);
    [rows[i], rows[j]] = [rows[j] as number, rows[i] as number];
  }
  const values = new Float32Array(size * width);
  for (const [i, row] of rows.subarray(0, size).sort().entries())
    values.set(features.subarray(row * width, (row + 1) * width), i * width);
  return { values, rowCount: size, width };
}

/** The figures of a report for the audit log, which every engine of a fleet copies. */
function summary({ sha256, options, inputs, gradientSign, greedy }: ProbeReport): unknown {
  const attack = ({ moved, targets, flips }: ProbeReport['greedy']): unknown => ({ moved, targets, flips });
  return {
    sha256,
    options,
    inputs: inputs
      .slice(0, AUDITED_INPUTS)
      .map(({ features, steering, moved, flips }) => ({ features, steering, moved, flips })),
    gradientSign: attack(gradientSign),
    greedy: attack(greedy),
  };
}
