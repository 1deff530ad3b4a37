// How much each of several fits counts in their joint score (control path).
import { meanOf } from '../stats/mean.ts';
import { sureGain } from './loss-gain.ts';

/** Votes beyond the first ones, and rows that each of them needs: on few rows the best weight is luck. */
const VOTES_MAX = 6;
const ROWS_A_VOTE = 50;
/** Fits that have votes: each is run for every event. */
const MEMBERS_MAX = 3;

/** The weighted mean of scores. */
export function jointScores(scores: readonly Float32Array[], votes: readonly number[]): Float32Array {
  const sum = votes.reduce((total, vote) => total + vote, 0);
  const joint = new Float32Array(scores[0]?.length ?? 0);
  for (const [i, own] of scores.entries()) {
    if (votes[i] === 0) continue;
    const weight = (votes[i] as number) / sum;
    for (let at = 0; at < joint.length; at += 1)
      joint[at] = (joint[at] as number) + weight * (own[at] as number);
  }
  return joint;
}

/**
 * Forward selection with replacement (Caruana et al., Ensemble Selection from Libraries of Models, 2004), from the votes that some
 * fits have at first: each further vote goes to the fit with which the joint score is best, until none makes it better for sure. A
 * vote that only looks better is luck: the weights of fits that are about as good then differ from training to training, and their
 * mean is worse than that of equal votes.
 *
 * @param first votes of each fit before any is added, some of them above 0
 * @param rows how many choose
 * @param lossesOf losses of scores on them
 * @returns votes of each fit, 0 for one that has no part
 */
export async function jointVotes(
  scores: readonly Float32Array[],
  first: readonly number[],
  rows: number,
  lossesOf: (scores: Float32Array) => Promise<Float64Array>,
): Promise<number[]> {
  let votes = [...first];
  let reached = await lossesOf(jointScores(scores, votes));
  const rounds = Math.min(VOTES_MAX, Math.floor(rows / ROWS_A_VOTE));
  for (let round = 0; round < rounds; round += 1) {
    let best: readonly number[] | null = null;
    let lowest = reached;
    for (const chosen of votes.keys()) {
      if (votes[chosen] === 0 && votes.filter((vote) => vote > 0).length >= MEMBERS_MAX) continue;
      const tried = votes.map((vote, i) => vote + Number(i === chosen));
      const losses = await lossesOf(jointScores(scores, tried));
      if (!(meanOf(losses) < meanOf(lowest)) || sureGain(reached, losses) === null) continue;
      best = tried;
      lowest = losses;
    }
    if (best === null) break;
    votes = [...best];
    reached = lowest;
  }
  return votes;
}
