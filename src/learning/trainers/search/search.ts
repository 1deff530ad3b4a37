// A search over trainers and their parameters as a topology names it (control path). fit.ts is the module that runs it.
import { MillraceError } from '../../../core/errors.ts';
import { moduleBeside } from '../../../core/module-url.ts';
import { unknownKeys } from '../../../core/unknown-keys.ts';
import { ANY_TASK, type Trainer } from '../../trainer.ts';
import { gbdt } from '../gbdt/gbdt.ts';
import { logistic } from '../logistic/logistic.ts';
import { mlp } from '../mlp/mlp.ts';
import { searchDefaults, searchProblems, type SearchOptions, type SearchParams } from './params.ts';

const NAME = 'search';
/** Whose losses a search can compare. */
const TASKS: readonly string[] = ['binary', 'multiclass', 'regression', 'quantile-regression'];

/** Boosting from cautious to bold, networks of two sizes, and a linear model. */
function defaultTrainers(): Trainer[] {
  return [
    gbdt(),
    gbdt({ leavesMax: 7 }),
    gbdt({ leavesMax: 15, leafRowsMin: 50, l2: 10 }),
    gbdt({ leavesMax: 63, leafRowsMin: 50 }),
    gbdt({ leavesMax: 15, rowShare: 0.8, featureShare: 0.8 }),
    gbdt({ leavesMax: 4, learningRate: 0.1 }),
    mlp(),
    mlp({ hidden: [128, 64], dropout: 0.1 }),
    logistic(),
  ];
}

/**
 * The best of many trainers and parameters, by successive halving: all are fitted on few rows, the better ones on more, and the last
 * one on all. They are compared on rows that are newer than those that they learn from. A training searches once in `everyMs`; until
 * then what was found is fitted.
 *
 * @example retraining: { trainers: [search({ trainers: [7, 31, 127].map((leavesMax) => gbdt({ leavesMax })) })] }
 * @throws MillraceError TOPOLOGY_INVALID for an option that does not exist or cannot work
 */
export function search(given: SearchOptions = {}): Trainer {
  const { trainers = defaultTrainers(), ...others } = given;
  const options = { ...searchDefaults, ...others };
  const problems = [
    ...unknownKeys(others, Object.keys(searchDefaults), 'parameter'),
    ...searchProblems(NAME, trainers, options),
  ];
  // What is listed must all be fit for the task; of the defaults those compete that are.
  const tasks = given.trainers === undefined ? TASKS : tasksOf(problems.length === 0 ? trainers : []);
  if (problems.length === 0 && tasks.length === 0)
    problems.push(`no task is one of all its trainers: ${trainers.map(({ name }) => name).join(', ')}`);
  if (problems.length > 0)
    throw new MillraceError('TOPOLOGY_INVALID', problems.join('; '), { where: `trainer ${NAME}` });
  const names = trainers.flatMap((trainer) => trainer.names ?? []);
  return {
    name: NAME,
    module: moduleBeside(import.meta.url, './fit').href,
    tasks,
    ...(names.length === 0 ? {} : { names }),
    params: {
      trainers: trainers.map(({ name, module, tasks: own, params }) => ({
        name,
        module,
        tasks: own,
        params,
      })),
      ...options,
    } satisfies SearchParams,
  };
}

/** Those that all trainers train for, and whose loss a search knows. */
function tasksOf(trainers: readonly Trainer[]): string[] {
  return TASKS.filter((task) =>
    trainers.every(({ tasks }) => tasks.includes(task) || tasks.includes(ANY_TASK)),
  );
}
