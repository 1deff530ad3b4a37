// The drift reference of a candidate (control path): what the rows that it was fitted on, and its own scores, look like.
import type { DriftReference } from '../core/reports.ts';
import type { ScorerFactory } from '../ports/scorer.ts';
import { makeDriftReference } from '../stats/drift-reference.ts';
import { driftingOutput, outputCount } from '../tasks/outputs.ts';
import type { LoadedRequest } from './candidate.ts';
import type { RawRows } from './rows.ts';
import { scoreRows } from './score-rows.ts';

export async function referenceOf(
  { features, seed, task }: Pick<LoadedRequest, 'features' | 'seed' | 'task'>,
  scorers: ScorerFactory,
  model: Uint8Array,
  rows: RawRows,
): Promise<DriftReference> {
  const outputs = await scoreRows(scorers, model, rows, outputCount(task.output));
  const { values, kind } = driftingOutput(task.output, outputs);
  const names = features.map(({ name }) => name);
  const kinds = features.map((feature) => feature.kind);
  return makeDriftReference(rows.features, rows.rowCount, names, kinds, values, seed, kind);
}
