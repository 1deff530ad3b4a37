// The tables that the adapter writes, and the ids of their rows (control path).
import { PLACES_PER_OFFSET } from '../../core/place.ts';
import { EVENT_COLUMNS, FEATURE_COLUMNS, LABEL_COLUMNS, PREDICTION_COLUMNS } from './encode.ts';
import type { TableSpec } from './table-writer.ts';

/** The place of a row, which is exact as a Float64. */
function placeOf(offset: string, item: string): string {
  return `toFloat64(${offset}) + (${item} + 1) / ${PLACES_PER_OFFSET}`;
}

const BY_OFFSET = { offset: 'offset', first: 'toFloat64(offset)', second: null };
const BY_PLACE = { offset: 'offset', first: placeOf('offset', 'item'), second: null };
/** One event may join or time out many labels. */
const BY_LABEL_AND_PREDICTION = {
  offset: 'label_offset',
  first: placeOf('label_offset', 'label_item'),
  second: placeOf('prediction_offset', 'prediction_item'),
};

interface Tables {
  readonly events: TableSpec;
  readonly featureSets: TableSpec;
  readonly featureLog: TableSpec;
  readonly predictions: TableSpec;
  readonly labels: TableSpec;
  readonly driftReports: TableSpec;
  readonly modelEvents: TableSpec;
  readonly metrics: TableSpec;
  readonly columnProfiles: TableSpec;
  readonly audit: TableSpec;
}

/** A table of reports, which removes duplicates by itself. */
function reports(table: string, columns: string): TableSpec {
  return { table, columns: columns.split(' '), format: 'JSONEachRow', ids: null };
}

/** In the order of sending: events before what is computed from them, names before vectors, predictions before labels. */
export const TABLES: Tables = {
  events: { table: 'events', columns: EVENT_COLUMNS, format: 'TabSeparated', ids: BY_OFFSET },
  featureSets: reports('feature_sets', 'topology feature_set names'),
  featureLog: { table: 'feature_log', columns: FEATURE_COLUMNS, format: 'TabSeparated', ids: BY_PLACE },
  predictions: { table: 'predictions', columns: PREDICTION_COLUMNS, format: 'TabSeparated', ids: BY_PLACE },
  labels: { table: 'labels', columns: LABEL_COLUMNS, format: 'TabSeparated', ids: BY_LABEL_AND_PREDICTION },
  driftReports: reports(
    'drift_reports',
    'topology from_time to_time model_version feature detector n psi psi_threshold ks p_value ' +
      'p_adjusted value drifted',
  ),
  modelEvents: reports('model_events', 'topology at kind version reason detail'),
  metrics: reports('metrics', 'topology at name labels value'),
  columnProfiles: reports(
    'column_profiles',
    'topology topic partition column kind from_time to_time rows nulls min max distinct registers examples',
  ),
  audit: reports('audit', 'topology sequence at action actor origin subject before after previous hash'),
};
