// One training of a task without labels, from request to candidate (control path): which rows are anomalies is unknown, so a
// model is judged by how many alerts it gives on rows that it has not seen.
import { invariant, MillraceError } from '../core/errors.ts';
import type { Figures } from '../core/reports.ts';
import type { TaskAlerts } from '../tasks/task.ts';
import { Attempts } from './attempts.ts';
import type { Candidate, LoadedRequest } from './candidate.ts';
import { logsText, titleOf } from './contenders.ts';
import type { Entrant } from './entrants.ts';
import type { JobParts } from './job-parts.ts';
import { referenceOf } from './reference-of.ts';
import { rowsOf } from './rows.ts';
import { scoreRows } from './score-rows.ts';
import { ageWeights, cutGate, type GateCut } from './slices.ts';
import { TrainerFits } from './trainer-fits.ts';
import type { Fit } from './trainer.ts';

interface Fitted {
  /** For the verdict and the log. */
  readonly title: string;
  readonly fits: TrainerFits;
  readonly entrant: Entrant;
  readonly fit: Fit;
  /** Share of the gate's rows that are alerts. */
  readonly alertRate: number;
}

/** Standard errors that a share may be off by chance. */
const ERRORS = 3;

export class AlertJob {
  readonly #request: LoadedRequest;
  readonly #parts: JobParts;
  readonly #signal: AbortSignal;
  readonly #alerts: TaskAlerts;
  readonly #cut: GateCut;
  readonly #attempts: Attempts;

  constructor(request: LoadedRequest, parts: JobParts, signal: AbortSignal) {
    const { champion, trainingSet, gate, changeMs, task, features } = request;
    invariant(task.alerts !== undefined, 'the task has alerts');
    invariant(trainingSet.width === features.length, 'the training set is as wide as the features');
    this.#request = request;
    this.#attempts = new Attempts(signal);
    this.#parts = parts;
    this.#signal = signal;
    this.#alerts = task.alerts;
    this.#cut = cutGate(trainingSet, gate.share, champion?.newestRowMs ?? null, changeMs);
  }

  async run(): Promise<Candidate> {
    const startedMs = performance.now();
    const { trainingSet, gate, champion, version } = this.#request;
    const { gateFrom, rowCount } = this.#cut;
    const fitted = await this.#fitted();
    const best = fitted.reduce((first, second) => this.#closer(first, second));
    const { entrant, fit, fits, alertRate } = best;
    const opponent = champion === null ? null : await this.#alertRate(champion.model);
    const { verdict, why } = this.#judged(alertRate, opponent);
    const refitted = verdict === 'promote' && gate.refit ? await this.#refit(best) : null;
    const { model } = refitted ?? fit;
    const again = refitted === null ? '' : ', then fitted again on all rows, those of the gate included';
    const figures = (rate: number): Figures => ({ n: rowCount - gateFrom, alertRate: rate });
    return {
      version,
      model,
      trainer: { name: fits.trainer.name, params: fits.trainer.params },
      reference: await referenceOf(
        this.#request,
        this.#parts.scorers,
        model,
        rowsOf(trainingSet, entrant.from, rowCount),
      ),
      metrics: { candidate: figures(alertRate), champion: opponent === null ? null : figures(opponent) },
      gain: null,
      verdict,
      why: `${why} ${fit.summary}${again}.${this.#attempts.text}`,
      rows: { train: gateFrom - entrant.from, validation: 0, gate: rowCount - gateFrom },
      newestRowMs: trainingSet.eventTimeMs[(refitted === null ? gateFrom : rowCount) - 1] as number,
      log: logsText(fitted, refitted),
      seconds: (performance.now() - startedMs) / 1_000,
    };
  }

  async #fitted(): Promise<readonly Fitted[]> {
    const { trainers, trainingSet } = this.#request;
    const weights = ageWeights(trainingSet.eventTimeMs, this.#request.halfLifeMs);
    const { runtime } = this.#parts;
    const shared = { request: this.#request, cut: this.#cut, weights, runtime, signal: this.#signal };
    const fitted: Fitted[] = [];
    for (const [i, trainer] of trainers.entries()) {
      const name = titleOf(trainers, i);
      const fits = await this.#attempts.make(
        name,
        async () => new TrainerFits(trainer, await this.#parts.load(trainer), shared),
      );
      if (fits === null) continue;
      for (const entrant of fits.entrants()) {
        const title = `${name} ${entrant.name}`.trim();
        const one = await this.#attempts.make(title, () => this.#fit(fits, entrant, title));
        if (one !== null) fitted.push(one);
      }
    }
    if (fitted.length === 0) this.#attempts.throwFirst();
    return fitted;
  }

  async #fit(fits: TrainerFits, entrant: Entrant, title: string): Promise<Fitted> {
    const fit = await fits.fit(entrant, this.#cut.gateFrom, this.#cut.gateFrom);
    return { title, fits, entrant, fit, alertRate: await this.#alertRate(fit.model) };
  }

  /** The same fit on all rows; null if it fails: the one that was judged serves. */
  async #refit({ title, fits, entrant, fit }: Fitted): Promise<Fit | null> {
    return this.#attempts.make(`${title}, fitted again`, async () => {
      const { rowCount } = this.#cut;
      const refitted = await fits.fit(entrant, rowCount, rowCount, fit);
      await this.#alertRate(refitted.model);
      return refitted;
    });
  }

  /** On the gate's rows. @throws MODEL_INVALID for a score that the task cannot have */
  async #alertRate(model: Uint8Array): Promise<number> {
    const { gateFrom, rowCount } = this.#cut;
    const scores = await scoreRows(
      this.#parts.scorers,
      model,
      rowsOf(this.#request.trainingSet, gateFrom, rowCount),
    );
    const { low, high } = this.#request.task.output;
    const from = Math.fround(this.#alerts.from);
    let alerts = 0;
    for (const score of scores) {
      if (!(score >= low && score <= high))
        throw new MillraceError('MODEL_INVALID', `a score is ${score}, not within ${low} to ${high}`);
      if (score >= from) alerts += 1;
    }
    return alerts / scores.length;
  }

  /** Of the difference of a share from the target, by chance. */
  #error(): number {
    const { rate } = this.#alerts;
    return Math.sqrt((rate * (1 - rate)) / (this.#cut.rowCount - this.#cut.gateFrom));
  }

  /** The second if its share is clearly nearer to the target: the first has seen the most. */
  #closer(first: Fitted, second: Fitted): Fitted {
    const off = ({ alertRate }: Fitted): number => Math.abs(alertRate - this.#alerts.rate);
    return off(first) - off(second) > this.#error() ? second : first;
  }

  #judged(own: number, champion: number | null): Pick<Candidate, 'verdict' | 'why'> {
    const { rate } = this.#alerts;
    const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
    const error = this.#error();
    const rows = this.#cut.rowCount - this.#cut.gateFrom;
    const figures = `${percent(own)} of ${rows} newest rows are alerts${champion === null ? '' : `, ${percent(champion)} by the champion`}, and ${percent(rate)} should be`;
    const isPlausible = own <= 2 * rate + ERRORS * error;
    const isNearer = champion === null || Math.abs(own - rate) <= Math.abs(champion - rate) + error;
    let ground = 'it keeps to the alert rate';
    if (!isPlausible) ground = 'these are too many';
    else if (!isNearer) ground = 'the champion keeps to it better';
    return { verdict: isPlausible && isNearer ? 'promote' : 'reject', why: `${figures}: ${ground}.` };
  }
}
