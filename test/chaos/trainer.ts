// The external trainer of a chaos run: `node trainer.ts FOLDER`. For each feature it has the mean of the paid and of the other
// rows, and scores by which is nearer (control path).
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { softsignModel } from '../support/softsign-model.ts';

interface Request {
  readonly features: ReadonlyArray<{ readonly name: string }>;
  readonly columns: { readonly label: string };
}

const folder = process.argv[2] ?? '';
const { features, columns } = JSON.parse(await readFile(join(folder, 'request.json'), 'utf8')) as Request;
const rows = await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, 'train.parquet')) });

function meanOf(name: string, isPaid: boolean): number {
  const values = rows
    .filter((row) => Number(row[columns.label]) > 0 === isPaid)
    .map((row) => Number(row[name]))
    .filter(Number.isFinite);
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const weights = features.map(({ name }) => {
  const [paid, other] = [meanOf(name, true), meanOf(name, false)];
  return (paid - other) / (1 + paid * paid + other * other);
});
await writeFile(join(folder, 'model.onnx'), softsignModel(Float32Array.from(weights)));
await writeFile(join(folder, 'metrics.json'), JSON.stringify({ rows: rows.length }));
process.stdout.write(`fitted ${rows.length} rows\n`);
