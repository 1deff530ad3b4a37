// `millrace/testing`: tests of a topology in a few lines, without a service.
/// <reference types="node" preserve="true" />
export { type DriverTable } from './driver-tables.ts';
export { fakeScorer, FakeTelemetry, MemoryStateStores } from './fakes.ts';
export { checkSink, type CheckSinkOptions, type StoredPrediction } from './check-sink.ts';
export { EmbeddedRun, type EmbeddedOptions } from './embedded-run.ts';
export type { DeadLetterRecord, LateRecord, PredictionRecord } from '../runtime/records.ts';
export { RowBatches, schemaOf, type Row, type RowOf } from './rows.ts';
export { referenceColumn, windowColumn } from './drift-columns.ts';
export type {
  DriverDeadLetter,
  DriverLabel,
  DriverPrediction,
  DriverRepartitioned,
} from './driver-outputs.ts';
export { testHash } from './test-keys.ts';
export { TopologyDriver, type DriverOptions } from './topology-driver.ts';
