// Fits of several trainers as one model (control path), and what a later training finds of each in it.
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { LoadedRequest } from './candidate.ts';
import type { Assessed, Contender } from './contenders.ts';
import { jointVotes } from './joint-votes.ts';
import { meanModel, memberModel } from './mean-model.ts';
import type { Fit, Trainer } from './trainer.ts';

const NAME = 'joint';

type Champion = LoadedRequest['champion'];
type Member = Pick<Contender, 'title' | 'trainer' | 'fit'>;

/** How fits are judged on the gate's slice. */
interface Judging {
  readonly lossesOf: (scores: Float32Array) => Promise<Float64Array>;
  readonly assessed: (fit: Fit) => Promise<Assessed>;
}

/**
 * Several fits as one contender: the more of the votes one has, the more its scores count. Null if a single one has them all.
 * @param all fits that may have a part
 * @param firsts those of them that have one vote at least
 */
export async function jointContender(
  all: readonly Contender[],
  firsts: readonly Contender[],
  { lossesOf, assessed }: Judging,
): Promise<Contender | null> {
  const given = await jointVotes(
    all.map(({ scores }) => scores),
    all.map((one) => Number(firsts.includes(one))),
    all[0]?.assessment.losses.length ?? 0,
    lossesOf,
  );
  const fits = all.filter((_, i) => given[i] !== 0);
  if (fits.length < 2) return null;
  const votes = given.filter((vote) => vote !== 0);
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
