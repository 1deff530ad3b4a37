// What aggregates and windows of a project are made with.
export { defineAggregate } from './define-aggregate.ts';
export {
  defineVector,
  type VectorDefinition,
  type VectorInput,
  type VectorPart,
  type VectorState,
} from './define-vector.ts';
export type {
  Accumulator,
  Aggregate,
  AggregateDefinition,
  AggregateFactory,
  AggregateInput,
  AggregateOptions,
  AggregateVector,
  AnyAggregate,
  BucketOptions,
  BucketPart,
  BucketParts,
  Buckets,
  EventAggregate,
  NumberAggregate,
  NumberVector,
  StringAggregate,
  StringVector,
  TopPart,
  VectorFactory,
} from './aggregate.ts';
export { defineWindow } from './define-window.ts';
export type {
  OpenWindow,
  WindowAggregates,
  WindowContext,
  WindowDefinition,
  WindowSpec,
  WindowState,
} from './window.ts';
export type { StateReader, StateWriter } from './state-slots.ts';
