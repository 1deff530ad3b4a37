// The module that fits the members of an ensemble (control path, in a thread of its own).
import { z } from 'zod';
import { loadTrainer } from '../../load-trainer.ts';
import { meanModel } from '../../mean-model.ts';
import { nth } from '../../nth.ts';
import type { Fit, FitRequest, Trainer, TrainerModule } from '../../trainer.ts';

interface EnsembleParams {
  readonly members: ReadonlyArray<Pick<Trainer, 'name' | 'module' | 'params'>>;
}

/** What each member has chosen; in an array, as undefined is a choice that JSON has not. */
const chosenSchema = z.object({ members: z.array(z.array(z.unknown())) });

async function fit(request: FitRequest<EnsembleParams>): Promise<Fit> {
  const { members } = request.params;
  const { chosen: given, ...rest } = request;
  const chosen = given === undefined ? null : chosenSchema.parse(given).members;
  const fits: Fit[] = [];
  for (const [i, member] of members.entries()) {
    const module = await loadTrainer(member);
    const own = { ...rest, params: member.params, champion: null };
    const repeated = chosen === null ? {} : { chosen: nth(nth(chosen, i), 0) };
    fits.push(await module.fit({ ...own, ...repeated }));
  }
  return {
    model: meanModel(fits.map(({ model }) => model)),
    summary: `The mean of ${fits.map(({ summary }, i) => `${nth(members, i).name} (${summary})`).join(' and ')}`,
    chosen: { members: fits.map((one) => [one.chosen]) },
  };
}

const trainer: TrainerModule<EnsembleParams> = {
  validates: () => true,
  // No champion is handed to it: its members start afresh.
  startsWarm: () => false,
  fit,
};

export default trainer;
