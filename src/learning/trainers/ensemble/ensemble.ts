// Several trainers whose models answer together (control path). fit.ts is the module that fits them.
import { MillraceError } from '../../../core/errors.ts';
import { TRAINERS_MAX } from '../../../core/loop-limits.ts';
import { moduleBeside } from '../../../core/module-url.ts';
import { shown } from '../../../core/option-checks.ts';
import { ANY_TASK, type Trainer } from '../../trainer.ts';

const NAME = 'ensemble';

/**
 * The mean of the scores of several trainers' models, as one model. It is often better than the best of them, and takes the time
 * of all of them, in training and in scoring. Its members start afresh in each training.
 *
 * @param members trainers that write models by Millrace's GraphBuilder, as `mlp()`, `gbdt()` and `logistic()` do
 * @example retraining: { trainers: [ensemble([mlp(), gbdt()]), mlp(), gbdt()] }
 * @throws MillraceError TOPOLOGY_INVALID for less than two members, or for one that cannot be joined
 */
export function ensemble(members: readonly Trainer[]): Trainer {
  const problem = membersProblem(members);
  if (problem !== null) throw new MillraceError('TOPOLOGY_INVALID', problem, { where: `trainer ${NAME}` });
  const params = { members: members.map(({ name, module, params: own }) => ({ name, module, params: own })) };
  const names = members.flatMap((member) => member.names ?? []);
  return {
    name: NAME,
    module: moduleBeside(import.meta.url, './fit').href,
    tasks: tasksOf(members),
    ...(names.length === 0 ? {} : { names }),
    params,
  };
}

function membersProblem(members: unknown): string | null {
  if (!Array.isArray(members) || members.length < 2)
    return `its members are ${shown(members)}: give two trainers at least, [mlp(), gbdt()]`;
  if (members.length > TRAINERS_MAX) return `${members.length} members are more than ${TRAINERS_MAX}`;
  const strange = members.find((member) => !isTrainer(member));
  if (strange !== undefined) return `${shown(strange)} is no trainer`;
  const trainers = members as readonly Trainer[]; // just checked
  const alone = trainers.find(({ name, extras }) => name === NAME || extras !== undefined);
  if (alone !== undefined) return `'${alone.name}' cannot be a member: list it as a trainer of its own`;
  if (tasksOf(trainers).length > 0) return null;
  return `no task is one of all its members: ${trainers.map(({ name, tasks }) => `${name} ${tasks.join(', ')}`).join('; ')}`;
}

function isTrainer(value: unknown): value is Trainer {
  return (
    typeof value === 'object' && value !== null && 'module' in value && 'tasks' in value && 'params' in value
  );
}

/** Tasks that all members train for. */
function tasksOf(members: readonly Trainer[]): string[] {
  const [first, ...others] = members.filter(({ tasks }) => !tasks.includes(ANY_TASK));
  if (first === undefined) return [ANY_TASK];
  return first.tasks.filter((task) => others.every(({ tasks }) => tasks.includes(task)));
}
