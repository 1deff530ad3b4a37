// The trainer door (control path). A trainer has two parts: a value in the topology, which names a module and carries
// the parameters, and that module, which a worker thread imports to fit models. Splitting by time, the gate, the refit
// and the drift reference are the engine's, common to all trainers.
import type { FeatureSpec } from '../core/feature-spec.ts';
import { MillraceError } from '../core/errors.ts';
import { unknownKeys } from '../core/unknown-keys.ts';
import type { RowIdentities } from '../ports/history.ts';
import type { GraphRuntime } from '../ports/scorer.ts';
import type { Objective, TaskOutput } from '../tasks/task.ts';

/** A trainer as a topology names it. Make one by `defineTrainer`. */
export interface Trainer {
  /** Lower-case letters, digits and dashes; manifests record it with the parameters. */
  readonly name: string;
  /** URL of the module whose default export is the TrainerModule. */
  readonly module: string;
  /** Names of the tasks that it can train for; ANY_TASK for all. */
  readonly tasks: readonly string[];
  /** What its fits get beside the rows to fit; nothing by default. */
  readonly extras?: readonly TrainerExtra[];
  /** Features that its parameters name: a topology without them is refused. */
  readonly names?: readonly NamedFeature[];
  /** Every parameter, defaults filled in. JSON: it travels to the worker thread and into the manifest. */
  readonly params: object;
}

/** In `tasks`: whatever the task. */
export const ANY_TASK = '*';

/** A feature as a parameter names it. */
export interface NamedFeature {
  readonly parameter: string;
  readonly feature: string;
  /** What it must be; either by default. */
  readonly kind?: FeatureSpec['kind'];
}

/** `gate`: the rows that the gate judges on, in a first fit; `identities`: which events rows are of, and whose. */
export type TrainerExtra = 'gate' | 'identities';

export interface TrainerDefinition<P extends object> {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  /** `new URL('./my-trainer.ts', import.meta.url)`: the module whose default export is a TrainerModule. */
  readonly module: URL;
  /** Names of the tasks that it can train for: `['binary']`; ANY_TASK for all. */
  readonly tasks: readonly string[];
  /** What its fits get beside the rows to fit; nothing by default. */
  readonly extras?: readonly TrainerExtra[];
  /** A value for every parameter: numbers, strings, booleans, null, and arrays and objects of them. */
  readonly defaults: P;
  /** Clauses about parameters that cannot work: `epochs is 0, and at least 1 is needed`. */
  problems?(params: P): readonly string[];
  /** Features that parameters name: a topology that has them not is refused when it is defined. */
  names?(params: P): readonly NamedFeature[];
}

/** Makes a trainer; parameters that are left out have their defaults. @throws MillraceError TOPOLOGY_INVALID */
export type TrainerFactory<P extends object> = (params?: Partial<P>) => Trainer;

/** Rows of a training set, in ascending event time. `features` is row-major with NaN where a value is missing. */
export interface TrainingRows {
  readonly rowCount: number;
  readonly width: number;
  readonly features: Float32Array;
  /** As the task reads them: 0 or 1 for a binary one. */
  readonly labels: Float32Array;
  /** By age, any scale; all 1 without a half-life. */
  readonly weights: Float32Array;
  readonly eventTimeMs: Float64Array;
  /** For a trainer that asks for them, if the rows have them. */
  readonly identities?: RowIdentities;
}

/** What a trainer knows before it gets rows. */
export interface FitContext<P extends object = object> {
  readonly task: {
    readonly name: string;
    readonly output: Pick<TaskOutput, 'low' | 'high' | 'interval'>;
    /** What its options change of the loss; undefined for a task that says nothing of it. */
    readonly objective?: Objective;
  };
  readonly features: readonly FeatureSpec[];
  readonly params: P;
  /** The model that serves, to start from; null for a first model. `trainer` is what made it, null if that is not known. */
  readonly champion: {
    readonly version: string;
    readonly model: Uint8Array;
    readonly trainer: Pick<Trainer, 'name' | 'params'> | null;
  } | null;
}

export interface FitRequest<P extends object = object> extends FitContext<P> {
  readonly rows: TrainingRows;
  /** The first `trainCount` rows are to be fitted; the rows after them, if any, are for validation. */
  readonly trainCount: number;
  /** The gate's rows, for a trainer that asks for them: to compute figures on. What learns from them deceives the gate. */
  readonly gate?: TrainingRows;
  /**
   * What the first fit returned as `chosen`, in the refit of a candidate that passed the gate: the same fit on all rows,
   * with nothing left to validate on. Undefined in a first fit.
   */
  readonly chosen?: unknown;
  /** All randomness comes from it: the same request gives the same bytes. */
  readonly seed: number;
  /** Runs ONNX graphs on the CPU. */
  readonly runtime: GraphRuntime;
  /** Aborted when the engine stops: check it about once a second of work and throw. */
  readonly signal: AbortSignal;
}

export interface Fit {
  /** An ONNX model: `features` [n, width] Float32 with NaN where missing in, `score` [n] Float32 out. See GraphBuilder. */
  readonly model: Uint8Array;
  /** How the fit went, for the verdict: `Started from the champion, 3 of 6 epochs`. */
  readonly summary: string;
  /** What validation chose, the number of epochs say: the refit gets it. */
  readonly chosen?: unknown;
  /** The parameters in the manifest, if they are other than the trainer's: a later training finds them with its champion. */
  readonly params?: object;
  /** What a program wrote: it is kept with the version. */
  readonly log?: string;
}

/** The default export of a trainer's module. It runs in a thread of its own and may keep it busy. */
export interface TrainerModule<P extends object = object> {
  /** Whether this fit needs rows for validation, which then don't train; by default none does. */
  validates?(context: FitContext<P>): boolean;
  /**
   * Whether a fit would start from the champion. If it would, fits that start afresh compete with it: they get no champion. By
   * default none does.
   */
  startsWarm?(context: FitContext<P>): boolean;
  /**
   * Whether a training gets one fit of it, as each takes long: of the rows since the last change if they are many, else of the whole
   * window. By default it gets several, of which the gate's rows choose.
   */
  fitsOnce?(context: FitContext<P>): boolean;
  /**
   * Throws for rows that cannot be fitted: the verdict says why, and other fits go on. If every fit fails, the training does, and
   * the champion stays.
   */
  fit(request: FitRequest<P>): Promise<Fit>;
}

const NAME = /^[a-z][a-z0-9-]*$/;

/**
 * The function by which topologies name a trainer.
 *
 * @example
 * ```ts
 * export const logistic = defineTrainer({
 *   name: 'logistic',
 *   module: new URL('./logistic-fit.ts', import.meta.url),
 *   tasks: ['binary'],
 *   defaults: { steps: 500, learningRate: 0.1 },
 * });
 * // retraining: { trainers: [mlp(), logistic({ steps: 1_000 })] }
 * ```
 */
export function defineTrainer<P extends object>(definition: TrainerDefinition<P>): TrainerFactory<P> {
  const { name, module, tasks, extras, defaults } = definition;
  return (given = {}) => {
    const params: P = { ...defaults, ...given };
    const problems = [
      ...(NAME.test(name) ? [] : ['its name is not lower-case letters, digits and dashes']),
      ...unknownKeys(given, Object.keys(defaults), 'parameter'),
      ...kindProblems(params, defaults),
    ];
    // What the trainer says about its parameters presupposes that they are of the right kind.
    if (problems.length === 0) problems.push(...(definition.problems?.(params) ?? []));
    if (problems.length > 0) {
      throw new MillraceError('TOPOLOGY_INVALID', problems.join('; '), { where: `trainer ${name}` });
    }
    const names = definition.names?.(params) ?? [];
    return {
      name,
      module: module.href,
      tasks,
      ...(extras === undefined ? {} : { extras }),
      ...(names.length === 0 ? {} : { names }),
      params,
    };
  };
}

function kindProblems(params: object, defaults: object): string[] {
  const kinds = new Map(Object.entries(defaults).map(([name, value]) => [name, kindOf(value)]));
  return Object.entries(params).flatMap(([name, value]) => {
    const [kind, wanted] = [kindOf(value), kinds.get(name)];
    if (!isJson(value)) return [`parameter '${name}' has a value that JSON has not`];
    // null stands for "none", as a default or instead of one.
    const fits = wanted === undefined || kind === wanted || kind === 'null' || wanted === 'null';
    return fits ? [] : [`parameter '${name}' is of kind ${kind}, not ${wanted}`];
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isJson(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (Array.isArray(value)) return value.every(isJson);
  return typeof value === 'object' && Object.values(value).every(isJson);
}
