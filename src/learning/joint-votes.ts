// How much each of several fits counts in their joint score (control path).

/** Votes beyond the first of each fit. */
const VOTES_MAX = 6;

/** The weighted mean of scores. */
export function jointScores(scores: readonly Float32Array[], votes: readonly number[]): Float32Array {
  const sum = votes.reduce((total, vote) => total + vote, 0);
  const joint = new Float32Array(scores[0]?.length ?? 0);
  for (const [i, own] of scores.entries()) {
    const weight = (votes[i] as number) / sum;
    for (let at = 0; at < joint.length; at += 1)
      joint[at] = (joint[at] as number) + weight * (own[at] as number);
  }
  return joint;
}

/**
 * Each fit has one vote; further ones go to the fit with which the joint score is best, until none makes it better: forward
 * selection with replacement (Caruana et al., Ensemble Selection from Libraries of Models, 2004), from an equal start, so that few
 * rows cannot move it far.
 *
 * @param lossOf mean loss of scores on the rows that choose
 */
export async function jointVotes(
  scores: readonly Float32Array[],
  lossOf: (scores: Float32Array) => Promise<number>,
): Promise<number[]> {
  let votes = scores.map(() => 1);
  let reached = await lossOf(jointScores(scores, votes));
  for (let round = 0; round < VOTES_MAX; round += 1) {
    const tries = await Promise.all(
      votes.map(async (_, chosen) => {
        const tried = votes.map((vote, i) => vote + Number(i === chosen));
        return { tried, loss: await lossOf(jointScores(scores, tried)) };
      }),
    );
    const best = tries.reduce((first, second) => (second.loss < first.loss ? second : first));
    if (!(best.loss < reached)) break;
    votes = best.tried;
    reached = best.loss;
  }
  return votes;
}
