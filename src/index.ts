// The public surface of Millrace: what a topology is written with.
/// <reference types="node" preserve="true" />

// The topology
export {
  defineTopology,
  type Topology,
  type PredictionsOptions,
  type TopologyDefinition,
  type TopologyOptions,
} from './topology/define.ts';
export { source, type Source, type SourceOptions } from './topology/source.ts';
export * from './topology/lookup-tables.ts';
export type { Treatment, Treatments } from './topology/treatment.ts';
export { repartitionedSource } from './topology/chain.ts';
export { avroColumns } from './topology/avro-schema.ts';
export type {
  AlignedTopology,
  ControlOptions,
  ControlSettings,
  DriftOptions,
  DriftSettings,
  GateOptions,
  LearningOptions,
  RetrainingOptions,
  RetrainingSettings,
} from './topology/learning-options.ts';
export { describeMermaid, describeText } from './topology/describe.ts';

// Columns
export * from './core/column-types.ts';
export {
  anyColumn,
  listColumn,
  numberColumn,
  numberListColumn,
  stringColumn,
  stringListColumn,
  type AnyRead,
  type ColumnType,
  type ColumnTypeName,
  type Columns,
  type EpochUnit,
  type EventOf,
  type ListRead,
  type NoColumns,
  type NumberListRead,
  type NumberRead,
  type StringListRead,
  type StringRead,
} from './core/columns.ts';
export {
  above,
  atLeast,
  atMost,
  below,
  predicateReads,
  type Condition,
  type Conditions,
  type EveryEvent,
  type NumberTest,
  type Predicate,
  type PredicateReads,
} from './window/predicate.ts';

// Expressions over columns
export * from './operators/expressions/index.ts';
export type { Expression, ExpressionKind } from './core/expression.ts';

// Stages
export { contract, type ContractStage } from './operators/contract.ts';
export { fresh, integer, oneOf, range, required } from './operators/contract-rules.ts';
export { holds, length, matches } from './operators/contract-cross-rules.ts';
export { items, type ItemRules, type ListRuleOptions } from './operators/contract-list-rules.ts';
export { monotonic, type MonotonicOptions } from './operators/contract-monotonic.ts';
export { distribution, nullShare, recency, volume } from './operators/contract-expectations.ts';
export { valuesFrom } from './topology/values-from.ts';
export { referenceOf, type DistributionReference } from './operators/contract-bins.ts';
export type { OpenRule, Otherwise, Rule } from './operators/contract-rule.ts';
export { dedupe, type DedupeOptions, type DedupeStage } from './operators/dedupe.ts';
export { profile, type ProfileOptions, type ProfileStage } from './operators/profile.ts';
export { watermarks, type WatermarksOptions, type WatermarksStage } from './operators/watermarks.ts';
export { filter } from './operators/filter.ts';
export { flatten, type FlattenOptions } from './operators/flatten.ts';
export { derive } from './operators/derive.ts';
export { map } from './operators/map.ts';
export { repartition, type RepartitionOptions, type RepartitionStage } from './operators/repartition.ts';
export { features } from './operators/features.ts';
export {
  categorical,
  numeric,
  type FeaturesOptions,
  type FeaturesStage,
  type FieldFeature,
} from './operators/feature-layout.ts';
export { view, type View, type ViewOptions } from './operators/view.ts';
export { score, type ScoreOptions, type ScoreStage } from './operators/score.ts';
export { labels, type LabelsStage } from './operators/labels.ts';
export type { LabelsOptions } from './operators/labels-options.ts';

// Aggregates, windows and durations
export * from './window/aggregates/index.ts';
export { hopping, sliding, tumbling, type TumblingOptions } from './window/panes/panes.ts';
export { session, type SessionOptions } from './window/settling/session.ts';
export { calendar, type CalendarOptions } from './window/settling/calendar.ts';
export type { CalendarUnit, Weekday } from './window/settling/calendar-clock.ts';
export { lifetime } from './window/settling/lifetime.ts';
export { lastEvents, type LastEventsOptions } from './window/last-events.ts';
export { shifted } from './window/shifted.ts';
export {
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  MS_PER_SECOND,
  days,
  hours,
  minutes,
  seconds,
} from './core/time.ts';

// Tasks, trainers and drift
export { anomaly, type AnomalyOptions } from './tasks/anomaly.ts';
export { binary, type BinaryOptions } from './tasks/binary.ts';
export { multiclass, type MulticlassOptions } from './tasks/multiclass.ts';
export { regression, type RegressionOptions } from './tasks/regression.ts';
export { numberLabel } from './tasks/label.ts';
export { ensemble } from './learning/trainers/ensemble/ensemble.ts';
export { search } from './learning/trainers/search/search.ts';
export type { SearchOptions } from './learning/trainers/search/params.ts';
export { external } from './learning/trainers/external/external.ts';
export type { ExternalParams } from './learning/trainers/external/params.ts';
export { logistic } from './learning/trainers/logistic/logistic.ts';
export type { LogisticParams } from './learning/trainers/logistic/params.ts';
export { gbdt } from './learning/trainers/gbdt/gbdt.ts';
export { isolationForest, type IsolationParams } from './learning/trainers/isolation/isolation-forest.ts';
export type { GbdtParams } from './learning/trainers/gbdt/params.ts';
export { mlp } from './learning/trainers/mlp/mlp.ts';
export type { MlpParams } from './learning/trainers/mlp/params.ts';
export { adwin, type AdwinOptions } from './stats/adwin.ts';
export { chiSquare, type ChiSquareOptions } from './stats/chi-square-test.ts';
export { chiSquareTail } from './stats/chi-square.ts';
export type { DetectorInstance, DetectorReport, DriftDetector } from './stats/drift-detector.ts';
export type { DriftMeasure, DriftStatistic, ReferenceColumn, WindowColumn } from './stats/drift-statistic.ts';
export { js, type JsOptions } from './stats/js.ts';
export { ks } from './stats/ks.ts';
export { pageHinkley, type PageHinkleyOptions } from './stats/page-hinkley.ts';
export { psi, type PsiOptions } from './stats/psi.ts';

// Formats, sinks and routes
export { avro, type AvroOptions } from './adapters/avro/format.ts';
export { debezium, type DebeziumOptions } from './adapters/debezium/format.ts';
export { json } from './adapters/json/format.ts';
export { protobuf, type ProtobufOptions } from './adapters/protobuf/format.ts';
export type { EventDecoder, EventEncoder, EventRow, Format, FormatSource } from './ports/format.ts';
export type { SchemaLanguage, Schemas, SchemaText } from './ports/schemas.ts';
export type * from './core/column-builder.ts';
export type { ColumnKind, ColumnSpec, Schema } from './core/schema.ts';
export type { Sink, SinkContext, SinkDefinition, SinkDelivery } from './ports/sink.ts';
export type {
  ClassLabels,
  FeatureBlock,
  LabelBlock,
  LabelRevisions,
  PredictionBlock,
} from './core/blocks.ts';
export type * from './ports/features.ts';
export type {
  Readiness,
  Route,
  RouteContext,
  RouteMethod,
  RouteRequest,
  ServedFeatures,
} from './ports/route.ts';
export type { HttpRequest, HttpResponse } from './ports/web-server.ts';
export type { Access, Role } from './core/roles.ts';
export type { Caller } from './ports/identity.ts';
export type { AccessToken, TokenProvider } from './ports/credentials.ts';
export { reply } from './serving/response.ts';
export { route, type RouteDeclaration } from './serving/route.ts';
export type { ConditionName, RaisedCondition } from './core/conditions.ts';
export type { RaiseOptions, Telemetry } from './ports/telemetry.ts';

// Settings, metrics and errors
export {
  setting,
  type Environment,
  type Setting,
  type SettingOptions,
  type ValueOf,
} from './core/setting.ts';
export {
  counter,
  duration,
  gauge,
  type Counter,
  type Duration,
  type Gauge,
  type Metric,
} from './core/metric.ts';
export type { Declares } from './core/declares.ts';
export { MillraceError, errorCodes, isCode, type ErrorCode } from './core/errors.ts';

// For extensions: stages
export {
  asyncOperator,
  syncOperator,
  type ElementHandlers,
  type EngineStageContext,
  type KeyedState,
  type OperatorState,
  type Stage,
  type StageContext,
  type StageInstance,
} from './operators/stage.ts';
export type { ErasedEntities, StateErasure } from './operators/erasure.ts';
export { type StateChanges } from './operators/state-changes.ts';
export { KeyValueState, type KeyValueOptions } from './operators/key-value-state.ts';
export { RowFilter, withRows } from './operators/rows.ts';
export type {
  Barrier,
  Batch,
  Column,
  DictColumn,
  ListColumn,
  NumberColumn,
  ScalarColumn,
  StreamElement,
  Watermark,
} from './core/batch.ts';
export type { RawBatch } from './core/batch.ts';
export { Dictionary, NULL_CODE } from './core/dictionary.ts';
export { defined, type Definition } from './core/definition.ts';

// For extensions: aggregates and windows
export * from './window/extensions.ts';
export { categoryOfHash, stringHash } from './core/string-hash.ts';

// For extensions: tasks and trainers
export type {
  Baseline,
  FigureAccumulator,
  FigureSpec,
  LabelReader,
  Objective,
  Task,
  TaskAlerts,
  TaskLoss,
  TaskOutput,
  Tolerance,
} from './tasks/task.ts';
export {
  ANY_TASK,
  defineTrainer,
  type Fit,
  type FitContext,
  type FitRequest,
  type NamedFeature,
  type Trainer,
  type TrainerDefinition,
  type TrainerExtra,
  type TrainerFactory,
  type TrainerModule,
  type TrainingRows,
} from './learning/trainer.ts';
export { GraphBuilder, type Attribute, type Value } from './learning/graph-builder.ts';
export type { GraphRuntime, GraphSession, Tensor } from './ports/scorer.ts';
export type { FeatureSpec } from './core/feature-spec.ts';
