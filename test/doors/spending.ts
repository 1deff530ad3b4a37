// A stage that is written outside src, with keyed state: what a card has spent since its last pause.
import {
  hours,
  KeyValueState,
  numberColumn,
  stringColumn,
  syncOperator,
  type Batch,
  type ColumnType,
  type NumberColumn,
  type Stage,
  type StageContext,
  type StageInstance,
} from 'millrace';

/** A run of payments without a pause between them. */
interface Run {
  readonly spent: number;
  readonly payments: number;
}

type Spending = Stage<
  'card: string' | 'amount: number',
  { readonly spentBefore: ColumnType<'double?'>; readonly paymentsBefore: ColumnType<'double?'> }
>;

/** Adds `spentBefore` and `paymentsBefore` of the card: before the payment, since a pause of `restMs`. */
export function spending(id: string, restMs: number = hours(6)): Spending {
  return {
    id,
    kind: 'spending',
    summary: `by card, until a rest of ${restMs / hours(1)} hours`,
    reads: [stringColumn('card'), numberColumn('amount')],
    adds: { spentBefore: { type: 'double?' }, paymentsBefore: { type: 'double?' } },
    // A run has no maximum length, so a rebuild starts at the first event.
    memoryMs: Number.POSITIVE_INFINITY,
    open(context: StageContext): StageInstance {
      const runs = new KeyValueState<Run>({ key: ['card'], ttlMs: restMs }, context);
      const operator = syncOperator({
        batch(batch): Batch {
          const amounts = (batch.columns['amount'] as NumberColumn).values;
          const spent = new Float64Array(batch.size);
          const payments = new Float64Array(batch.size);
          runs.bind(batch);
          for (const row of batch.rows) {
            const before = runs.get(row) ?? { spent: 0, payments: 0 };
            spent[row] = before.spent;
            payments[row] = before.payments;
            runs.set(row, {
              spent: before.spent + (amounts[row] ?? 0),
              payments: before.payments + 1,
            });
          }
          const columns = {
            ...batch.columns,
            spentBefore: { kind: 'number', values: spent },
            paymentsBefore: { kind: 'number', values: payments },
          } as const;
          return { ...batch, columns };
        },
      });
      return { operator, keyedState: runs };
    },
  };
}
