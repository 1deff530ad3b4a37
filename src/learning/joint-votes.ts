// How much each of several fits counts in their joint score (control path).

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
 * fits have at first, so that few rows cannot move it far: further votes go to the fit with which the joint score is best, until
 * none makes it better.
 *
 * @param first votes of each fit before any is added, some of them above 0
 * @param rows how many choose
 * @param lossOf mean loss of scores on them
 * @returns votes of each fit, 0 for one that has no part
 */
export async function jointVotes(
  scores: readonly Float32Array[],
  first: readonly number[],
  rows: number,
  lossOf: (scores: Float32Array) => Promise<number>,
): Promise<number[]> {
  let votes = [...first];
  let reached = await lossOf(jointScores(scores, votes));
  const rounds = Math.min(VOTES_MAX, Math.floor(rows / ROWS_A_VOTE));
  for (let round = 0; round < rounds; round += 1) {
    let best: readonly number[] | null = null;
    for (const chosen of votes.keys()) {
      if (votes[chosen] === 0 && votes.filter((vote) => vote > 0).length >= MEMBERS_MAX) continue;
      const tried = votes.map((vote, i) => vote + Number(i === chosen));
      const loss = await lossOf(jointScores(scores, tried));
      if (!(loss < reached)) continue;
      best = tried;
      reached = loss;
    }
    if (best === null) break;
    votes = [...best];
  }
  return votes;
}
