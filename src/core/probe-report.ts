// What a probe of a model found (control path): how far changes of its inputs move its score. Part of the model's record.

/**
 * How the sender of events steers a feature.
 * - `event`: the scored event sets it.
 * - `window`: a window over events sets it, of which the sender's own are part: it takes a series of them.
 * - `none`: nothing that the sender chooses enters it.
 */
export type Steering = 'event' | 'window' | 'none';

/** Whether the sender wants a low score, as a fraudster does, or a high one. */
export const probeGoals = ['lower', 'raise'] as const;
export type ProbeGoal = (typeof probeGoals)[number];

/** Distances between two scores, over the rows that are meant. NaN never: 0 over no rows. */
export interface Movement {
  readonly rows: number;
  readonly mean: number;
  readonly p95: number;
  readonly max: number;
}

/** One input of the model: the features that change together, which are those of one column. */
export interface ProbedInput {
  readonly features: readonly string[];
  readonly kind: 'numeric' | 'categorical';
  readonly steering: Steering;
  /** The columns of the sender that steer it. */
  readonly columns: readonly string[];
  /** Length of a step; null if it changes to another category. */
  readonly step: number | null;
  /** What its values stay in: what the contract allows, or what was logged. Null for no bound, and for categories. */
  readonly low: number | null;
  readonly high: number | null;
  /** Distance to the score of the vector as it was logged, the larger one of the two directions, over the vectors that can change. */
  readonly moved: Movement;
  /** Share of all vectors that one such change takes across the threshold. */
  readonly flips: number;
  /** Change of the score per unit by central differences, mean over the vectors; null for categories, and if none can change. */
  readonly slope: number | null;
  /** Changed vectors whose score the task cannot have: the engine serves the fallback for them. */
  readonly invalid: number;
}

/** What the sender of an event attains by what the event sets. */
export interface ProbedAttack {
  /** Change of the score toward the goal. */
  readonly moved: Movement;
  /** Vectors on the side of the threshold that the sender wants to leave. */
  readonly targets: number;
  /** Share of them that the attack takes across. */
  readonly flips: number;
  /** How many vectors each input was changed in, most often first. */
  readonly used: ReadonlyArray<{ readonly features: readonly string[]; readonly rows: number }>;
}

export interface ProbeReport {
  readonly topology: string;
  readonly version: string;
  /** Of the model's bytes: the record holds for no others. */
  readonly sha256: string;
  /** Wall clock, ms. */
  readonly atMs: number;
  readonly options: {
    /** Vectors that were drawn, and from how many of the newest. */
    readonly rows: number;
    readonly newest: number;
    readonly seed: number;
    /** Length of a step as a share of the distance between the first and the last decile. */
    readonly step: number;
    readonly threshold: number;
    readonly goal: ProbeGoal;
    /** Inputs that the greedy attack may change. */
    readonly budget: number;
    /** Columns that the sender of an event chooses. */
    readonly columns: readonly string[];
    /** The output whose scores these are, of a task with several: a class, `value`, or a quantile. */
    readonly output?: string;
  };
  /** Scores of the vectors as they were logged. */
  readonly scores: { readonly mean: number; readonly above: number };
  /** Those that move the score furthest first. */
  readonly inputs: readonly ProbedInput[];
  /** One step of every input that the event sets, by the sign of the gradient (FGSM). */
  readonly gradientSign: ProbedAttack;
  /** The best `budget` inputs that the event sets, one after the other. */
  readonly greedy: ProbedAttack;
}
