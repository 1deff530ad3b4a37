// Rows of the small tables as JSONEachRow text (control path).
import type { AuditRecord } from '../../ports/audit.ts';
import type { ColumnProfileRow, DriftReportRow, MetricRow, ModelEventRow } from '../../core/reports.ts';

/** The range of DateTime64(3), whole years: a block with another time would be refused for ever. */
const TIME_MS_MIN = Date.UTC(1900, 0, 1);
const TIME_MS_MAX = Date.UTC(2299, 0, 1);

/** `2013-01-01 00:00:00.000`, as DateTime64(3) reads it. */
function timeText(ms: number): string {
  return new Date(Math.min(TIME_MS_MAX, Math.max(TIME_MS_MIN, ms)))
    .toISOString()
    .replace('T', ' ')
    .replace('Z', '');
}

function lines(rows: readonly object[]): Buffer {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''), 'utf8');
}

export function encodeDriftReports(rows: readonly DriftReportRow[]): Buffer {
  return lines(
    rows.map((row) => ({
      topology: row.topology,
      from_time: timeText(row.fromMs),
      to_time: timeText(row.toMs),
      model_version: row.version,
      feature: row.feature,
      detector: row.detector,
      n: row.n,
      psi: row.psi,
      psi_threshold: row.psiThreshold,
      ks: row.ks,
      p_value: row.pValue,
      p_adjusted: row.pAdjusted,
      value: row.value,
      drifted: row.drifted,
    })),
  );
}

export function encodeModelEvents(rows: readonly ModelEventRow[]): Buffer {
  return lines(rows.map(({ atMs, ...row }) => ({ ...row, at: timeText(atMs) })));
}

export function encodeAudit(records: readonly AuditRecord[]): Buffer {
  return lines(records.map(({ atMs, from, ...row }) => ({ ...row, at: timeText(atMs), origin: from })));
}

/** Labels sorted by key, as they are part of the row's identity. */
export function encodeMetrics(rows: readonly MetricRow[]): Buffer {
  return lines(
    rows.map(({ atMs, labels, ...row }) => ({
      ...row,
      at: timeText(atMs),
      labels: Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))),
    })),
  );
}

export function encodeColumnProfiles(rows: readonly ColumnProfileRow[]): Buffer {
  return lines(
    rows.map(({ fromMs, toMs, registers, ...row }) => ({
      ...row,
      from_time: timeText(fromMs),
      to_time: timeText(toMs),
      registers: [...registers],
    })),
  );
}

export function encodeFeatureSet(topology: string, featureSet: string, names: readonly string[]): Buffer {
  return lines([{ topology, feature_set: featureSet, names }]);
}
