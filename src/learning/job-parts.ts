// What a training job is given by the thread that it runs in (control path).
import type { GraphRuntime, ScorerFactory } from '../ports/scorer.ts';
import type { TaskCalls } from './task-calls.ts';
import type { Trainer, TrainerModule } from './trainer.ts';

export interface JobParts {
  /** The module of a trainer. */
  load(trainer: Trainer): Promise<TrainerModule>;
  /** For the trainers. */
  readonly runtime: GraphRuntime;
  /** Models are judged as they are served, by a scorer. */
  readonly scorers: ScorerFactory;
  readonly task: TaskCalls;
}
