// What a run of the model costs on each execution provider that this machine has (control path).
import { providers, type Provider } from '../../src/adapters/onnx/session.ts';
import { Child } from '../child.ts';
import { shown, table } from '../figures.ts';
import type { SuiteResult } from '../suite.ts';
import { shapeName, type Shape } from './model.ts';
import type { ScoringAnswer, ScoringFigure, ScoringRequest } from './process.ts';

/** The demo's network, one of a middling recommender's, and one that is nothing for a processor. */
const SHAPES: readonly Shape[] = [
  { inputs: 44, hidden: [64, 64] },
  { inputs: 128, hidden: [512, 512] },
  { inputs: 512, hidden: [2_048, 2_048, 2_048] },
];
/** A trickle, a busy topic's batch, a full one. */
const ROWS = [16, 256, 2_048];

interface Measured {
  readonly provider: Provider;
  /** Why it does not work here; null where it does. */
  readonly refused: string | null;
  readonly figures: readonly ScoringFigure[];
}

async function measure(provider: Provider): Promise<Measured> {
  const request: ScoringRequest = { provider, shapes: SHAPES, rows: ROWS };
  const child = new Child<ScoringAnswer>(new URL('./process.ts', import.meta.url), request);
  const answer = await Promise.race([child.next('figures', null), child.next('refused', null)]).catch(
    // A driver may end the process.
    ({ message }: Error) => ({ kind: 'refused', why: message }) as const,
  );
  await child.gone;
  return answer.kind === 'figures'
    ? { provider, refused: null, figures: answer.figures }
    : { provider, refused: answer.why, figures: [] };
}

function tableOf(measured: readonly Measured[]): string {
  const works = measured.filter(({ refused }) => refused === null);
  const cases = SHAPES.flatMap((shape) => ROWS.map((rows) => ({ model: shapeName(shape), rows })));
  const lines = cases.map(({ model, rows }) => {
    const cells = works.map(({ figures }) =>
      figures.find((figure) => figure.model === model && figure.rows === rows),
    );
    const times = cells.map((figure) => shown(figure?.ms.median ?? Number.NaN));
    const error = Math.max(...cells.map((figure) => figure?.error ?? 0));
    return [model, String(rows), ...times, error.toExponential(0)];
  });
  return table(
    ['network', 'rows', ...works.map(({ provider }) => `${provider}, ms`), 'scores differ by'],
    lines,
  );
}

export async function scoring(): Promise<SuiteResult> {
  const measured: Measured[] = [];
  for (const provider of providers) measured.push(await measure(provider));
  const refused = measured.flatMap(({ provider, refused: why }) =>
    why === null ? [] : [`${provider}: ${why}`],
  );
  const text = [tableOf(measured), ...(refused.length > 0 ? ['', 'not here:', ...refused] : [])].join('\n');
  return { figures: measured, text };
}
