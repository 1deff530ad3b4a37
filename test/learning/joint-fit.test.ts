// Fits of several trainers compete as one model too; a later training starts from the members of that model.
import fc from 'fast-check';
import t from 'tap';
import { gbdt, mlp } from '../../src/index.ts';
import type { CandidateRequest } from '../../src/learning/candidate.ts';
import { championOf } from '../../src/learning/joint-fit.ts';
import { jointScores, jointVotes } from '../../src/learning/joint-votes.ts';
import { canBeJoined, meanModel, memberModel } from '../../src/learning/mean-model.ts';
import { constantModel } from '../../src/learning/constant-model.ts';
import { Random } from '../../src/stats/random.ts';
import { scoreRows } from '../../src/learning/score-rows.ts';
import { readModel } from '../../src/learning/trainers/mlp/model-file.ts';
import { makeExample, makeRequest, openScorers, params, run } from './examples.ts';

const scorers = await openScorers();
const set = makeExample(3_000, 4);
const fresh = makeExample(2_000, 5, 3_000 * 60_000);
const trainers = [mlp(params), gbdt({ rounds: 60 })] as const;

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

t.test('votes: none makes the joint loss greater, and a fit that is alone right gets most', async (t) => {
  const rows = fc.array(fc.tuple(fc.nat(1), fc.double({ min: 0.01, max: 0.99, noNaN: true })), {
    minLength: 30,
    maxLength: 60,
  });
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 2, max: 4 }), async (given, members) => {
      const labels = given.map(([label]) => label);
      const scores = Array.from({ length: members }, (_, i) =>
        Float32Array.from(given, ([label, noise]) => (i === 0 ? Math.abs(label - 0.05) : noise ** i)),
      );
      const lossesOf = async (joint: Float32Array): Promise<Float64Array> =>
        Float64Array.from(joint, (score, row) => (score - (labels[row] ?? 0)) ** 2);
      const lossOf = async (joint: Float32Array): Promise<number> => mean(await lossesOf(joint));
      const ones = scores.map(() => 1);
      const votes = await jointVotes(scores, ones, 1_000, lossesOf);
      const equal = await lossOf(jointScores(scores, ones));
      t.ok((await lossOf(jointScores(scores, votes))) <= equal);
      t.ok(votes.every((vote) => vote >= 1));
      t.equal(Math.max(...votes), votes[0]);
      t.same(await jointVotes(scores, ones, 49, lossesOf), ones, 'few rows move nothing');
      const last = scores.map((_, i) => Number(i === members - 1));
      const grown = await jointVotes(scores, last, 1_000, lossesOf);
      t.ok((grown.at(-1) ?? 0) >= 1, 'a first vote stays');
      t.ok((await lossOf(jointScores(scores, grown))) <= (await lossOf(jointScores(scores, last))));
    }),
    { numRuns: 50 },
  );
});

t.test('votes: among fits that are about as good, luck moves few', async (t) => {
  const rows = 400;
  let moved = 0;
  for (let seed = 0; seed < 40; seed += 1) {
    const random = new Random(seed);
    const labels = Float32Array.from({ length: rows }, () => random.nextInt(2));
    const scores = Array.from({ length: 3 }, () =>
      labels.map((label) => 0.3 + 0.4 * label + 0.4 * (random.nextDouble() - 0.5)),
    );
    const lossesOf = async (joint: Float32Array): Promise<Float64Array> =>
      Float64Array.from(joint, (score, row) => (score - (labels[row] ?? 0)) ** 2);
    const votes = await jointVotes(scores, [1, 1, 1], rows, lossesOf);
    if (votes.some((vote) => vote > 1)) moved += 1;
  }
  t.ok(moved <= 8, `${moved} of 40`);
});

t.test('a mean by votes scores as its members do, and gives each of them back', async (t) => {
  const [a, b] = [constantModel([0.2], set.width), constantModel([0.8], set.width)];
  const model = meanModel([a, b], [3, 1]);
  for (const score of await scoreRows(scorers, model, fresh)) if (Math.abs(score - 0.35) > 1e-6) t.fail();
  const apart = await Promise.all(
    trainers.map(async (trainer) => (await run(makeRequest(set, { trainers: [trainer] }))).model),
  );
  t.ok(canBeJoined(apart));
  const joint = meanModel(apart, [1, 2]);
  const [network] = apart;
  t.same(readModel(memberModel(joint, 0)), readModel(network as Uint8Array), 'weights and encoding');
  t.equal(readModel(memberModel(joint, 1)), null, 'trees are no place to start from');
  t.notOk(canBeJoined([...apart, Uint8Array.of(8, 8, 114, 3, 10, 1, 97)]), 'a file of another producer');
});

t.test(
  'several trainers together are one more candidate, and the next training starts from it',
  async (t) => {
    const request = makeRequest(set, { trainers: [...trainers] });
    const first = await run(request);
    t.equal(first.trainer.name, 'joint', first.why);
    t.match(
      first.why,
      /Together: \d\/\d of mlp of the whole window \(.*\) and \d\/\d of gbdt of the whole window/,
    );
    const losses = [...first.why.matchAll(/of the whole window (\d\.\d+)/g)].map(([, loss]) => Number(loss));
    t.equal(losses.length, 2);
    t.ok(Math.min(...losses) >= (first.metrics.candidate['logLoss'] ?? Number.NaN), first.why);
    const again = await run(request);
    t.same([again.model, again.why], [first.model, first.why], 'bit for bit');
    const { model, newestRowMs, trainer } = first;
    const champion = { version: 'v1', model, newestRowMs, trainer };
    const all = { ...fresh, rowCount: set.rowCount + fresh.rowCount };
    const both = <T extends Float32Array | Float64Array>(one: T, two: T): T => {
      const joined = one.slice(0, 0).constructor as unknown as { from(values: Iterable<number>): T };
      return joined.from([...one, ...two]);
    };
    const window: CandidateRequest['trainingSet'] = {
      ...all,
      features: both(set.features, fresh.features),
      labels: both(set.labels, fresh.labels),
      scores: both(set.scores, fresh.scores),
      eventTimeMs: both(set.eventTimeMs, fresh.eventTimeMs),
    };
    const second = await run({
      ...makeRequest(window, { trainers: [...trainers], champion }),
      version: 'v2',
    });
    t.match(second.why, /mlp from the champion/, 'the network of the joint model goes on');
    const own = championOf(champion, trainers[0]);
    t.equal(own?.trainer?.name, 'mlp');
    t.ok(readModel(own?.model ?? Uint8Array.of()));
    t.equal(championOf({ ...champion, trainer: { name: 'joint', params: {} } }, trainers[0])?.model, model);
  },
);
