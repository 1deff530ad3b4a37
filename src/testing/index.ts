// `millrace/testing`: tests of a topology in a few lines, without a log.
/// <reference types="node" preserve="true" />
export { fakeScorer, FakeTelemetry, MemoryStateStores } from './fakes.ts';
export { RowBatches, schemaOf, type Row } from './rows.ts';
export {
  TopologyDriver,
  type DriverLabel,
  type DriverOptions,
  type DriverPrediction,
} from './topology-driver.ts';
