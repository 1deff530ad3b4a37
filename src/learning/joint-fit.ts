// Fits of several trainers as one model (control path), and what a later training finds of each in it.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { LoadedRequest } from './candidate.ts';
import type { Assessed, Contender } from './contenders.ts';
import { meanOf } from './gate.ts';
import { jointVotes } from './joint-votes.ts';
import { meanModel, memberModel } from './mean-model.ts';
import type { Assessment } from './task-calls.ts';
import type { Fit, Trainer } from './trainer.ts';

const NAME = 'joint';

type Champion = LoadedRequest['champion'];
type Member = Pick<Contender, 'title' | 'trainer' | 'fit'>;

/** How fits are judged on the gate's slice. */
interface Judging {
  readonly assess: (scores: Float32Array) => Promise<Assessment>;
  readonly assessed: (fit: Fit) => Promise<Assessed>;
}

/** Fits of several trainers as one contender: the more of the votes one has, the more its scores count. */
export async function jointContender(
  fits: readonly Contender[],
  { assess, assessed }: Judging,
): Promise<Contender> {
  const votes = await jointVotes(
    fits.map(({ scores }) => scores),
    async (scores) => meanOf((await assess(scores)).losses),
  );
  const fit = jointFit(fits, votes);
  return {
    title: fits.map(({ title }) => title).join(' and '),
    entrant: {
      name: 'together',
      isWarm: false,
      from: Math.min(...fits.map(({ entrant }) => entrant.from)),
      trainEnd: Math.max(...fits.map(({ entrant }) => entrant.trainEnd)),
    },
    isJoint: true,
    trainer: jointTrainer(fits, votes),
    fit,
    ...(await assessed(fit)),
    refit: async (trainEnd) => {
      const again: Member[] = [];
      for (const one of fits) again.push({ ...one, fit: await one.refit(trainEnd) });
      return jointFit(again, votes);
    },
  };
}

function jointFit(members: readonly Member[], votes: readonly number[]): Fit {
  const sum = votes.reduce((total, vote) => total + vote, 0);
  const texts = members.map(({ title, fit }, i) => `${votes[i]}/${sum} of ${title} (${fit.summary})`);
  return {
    model: meanModel(
      members.map(({ fit }) => fit.model),
      votes,
    ),
    summary: `Together: ${texts.join(' and ')}`,
  };
}

/** For the manifest. */
function jointTrainer(members: readonly Member[], votes: readonly number[]): Contender['trainer'] {
  return {
    name: NAME,
    params: {
      members: members.map(({ trainer, fit }, i) => ({
        name: trainer.name,
        params: fit.params ?? trainer.params,
        votes: votes[i],
      })),
    },
  };
}

const paramsSchema = z.object({
  members: z.array(z.object({ name: z.string(), params: z.record(z.string(), z.unknown()) })),
});

/** The champion as a trainer can start from it: of a joint one what that trainer has made. */
export function championOf(champion: Champion, { name, params: own }: Trainer): Champion {
  if (champion?.trainer?.name !== NAME) return champion;
  const parsed = paramsSchema.safeParse(champion.trainer.params);
  const members = parsed.success ? parsed.data.members : [];
  const alike = members.findIndex((one) => one.name === name && isDeepStrictEqual(one.params, own));
  const at = alike >= 0 ? alike : members.findIndex((member) => member.name === name);
  const member = members[at];
  if (member === undefined) return champion;
  return { ...champion, model: memberModel(champion.model, at), trainer: member };
}
