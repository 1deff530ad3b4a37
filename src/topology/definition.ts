// What a topology is, as it is declared and as the engine runs it (types alone).
import type { Columns } from '../core/columns.ts';
import type { Declares } from '../core/declares.ts';
import type { FeaturesStage } from '../operators/feature-layout.ts';
import type { Part } from '../operators/hop.ts';
import type { LabelsStage } from '../operators/labels.ts';
import type { RepartitionStage } from '../operators/repartition.ts';
import type { ScoreStage } from '../operators/score.ts';
import type { Stage } from '../operators/stage.ts';
import type { WatermarksStage } from '../operators/watermarks.ts';
import type { Route } from '../ports/route.ts';
import type { SinkDefinition } from '../ports/sink.ts';
import type { Task } from '../tasks/task.ts';
import type { LearningOptions, LearningSettings } from './learning-options.ts';
import type { Source, SourceOptions } from './source.ts';
import type { CheckedStages } from './typed-stages.ts';

/** How predictions are written to their topic. */
export interface PredictionsOptions {
  /**
   * `avro` (the default) is Avro in Confluent's wire format; `json` is an object with the same fields, for consumers without
   * a schema registry. A score that is not finite is null in JSON. Existing records stay as they are.
   */
  readonly format?: 'avro' | 'json';
}

/** What a topology has besides its source and its stages. */
export interface TopologySettings extends LearningOptions, Declares {
  /**
   * Learning options of single targets, by the id of their score stages, each in place of the topology's option of its name:
   * `{ amount: { retraining: { trainer: gbdt() } } }`.
   */
  readonly targets?: Readonly<Record<string, LearningOptions>>;
  /** REST routes that are served on the engine's port, beside its own. */
  readonly routes?: readonly Route[];
  /** How predictions are written to their topic: `{ format: 'json' }`. */
  readonly predictions?: PredictionsOptions;
  /** Who gets predictions and labels besides the predictions topic, history and the WebSocket feed. */
  readonly sinks?: readonly SinkDefinition[];
}

export interface TopologyDefinition extends TopologySettings {
  /** Lower-case letters, digits and dashes: it prefixes topics, keys and metric labels. */
  readonly name: string;
  readonly source: SourceOptions;
  readonly stages: readonly Stage[];
}

/** A topology over a source whose columns the compiler knows. */
export interface TopologyOptions<C extends Columns, S extends readonly Stage[]> extends TopologySettings {
  /** Lower-case letters, digits and dashes: it prefixes topics, keys and metric labels. The topic's by default. */
  readonly name?: string;
  readonly stages: CheckedStages<C, S>;
}

/** What distinguishes the models of one target from those of another. */
export interface TargetModels {
  /** The id of the score stage; null for a topology that scores nothing. */
  readonly target: string | null;
  /** Name of the task. */
  readonly task: string;
  /** Its classes or quantiles; undefined for a single score. */
  readonly outputs?: readonly string[];
  /** What it predicts; null without a task. */
  readonly label: string | null;
}

/** Which target of which topology a topology is; absent where there is one alone. */
export interface Target {
  /** The id of its score stage. */
  readonly name: string;
  /** The topology that declares it. */
  readonly topology: string;
  /**
   * Whether it has the topology's own names, as a topology with one target: it is the one that takes events by HTTP, archives
   * them, sets them aside and serves features.
   */
  readonly isMain: boolean;
  /** The other targets of that topology. */
  readonly others: readonly TargetModels[];
}

/**
 * A definition that holds: its options complete, and its stages found by kind.
 * @typeParam C the columns of its source
 */
export interface Topology<C extends Columns = Columns>
  extends Omit<TopologyDefinition, keyof LearningOptions | 'targets'>, LearningSettings {
  readonly source: Source<C>;
  readonly watermarks: WatermarksStage;
  readonly repartition: RepartitionStage | null;
  readonly features: FeaturesStage | null;
  readonly score: ScoreStage | null;
  readonly labels: LabelsStage | null;
  /** That of the labels stage, or of the score stage; `unlabelled` without one. */
  readonly task: Task;
  /** Which of several targets it scores; absent where there is one. */
  readonly target?: Target;
  /** The targets besides the main one, which this is; absent where there is one. Each is a topology of its own. */
  readonly otherTargets?: readonly Topology[];
  /** What `partsOf` makes of a topology with views of other keys; absent before. */
  readonly part?: Part;
}
