// Annotations of other writers than pyarrow: lists of old writers, with two levels, and those of new ones, without the older form.
import type { FileMetaData, SchemaElement } from 'hyparquet';
import t from 'tap';
import { columnChanges } from '../../../src/adapters/files/parquet-shapes.ts';

/** A tree of elements, depth first. */
interface Node extends Omit<SchemaElement, 'num_children'> {
  readonly children?: readonly Node[];
}

function elements({ children, ...element }: Node): SchemaElement[] {
  if (children === undefined) return [element];
  return [{ ...element, num_children: children.length }, ...children.flatMap(elements)];
}

function changed(column: Node, value: unknown): unknown {
  const schema = elements({ name: 'root', children: [column] });
  const metadata = { version: 2, schema, num_rows: 0n, row_groups: [], metadata_length: 0 } as FileMetaData; // as far as it is read
  const change = columnChanges(metadata).get(column.name);
  return change === undefined ? value : change(value);
}

const price: Node = {
  name: 'price',
  type: 'INT32',
  converted_type: 'DECIMAL',
  scale: 2,
  repetition_type: 'REQUIRED',
};
const sku: Node = { name: 'sku', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };

function list(
  name: string,
  children: readonly Node[],
  annotation: Partial<SchemaElement> = { converted_type: 'LIST' },
): Node {
  const repeated: Node = { name, repetition_type: 'REPEATED', children };
  return { name: 'items', repetition_type: 'OPTIONAL', ...annotation, children: [repeated] };
}

t.test('two levels: the items are the structs', async (t) => {
  const found = changed(list('array', [price, sku]), { array: [{ price: 125, sku: 'a' }] });
  t.strictSame(found, [{ price: '1.25', sku: 'a' }]);
  t.strictSame(changed(list('array', [sku, { ...sku, name: 'b' }]), { array: [{ sku: 'a', b: 'c' }] }), [
    { sku: 'a', b: 'c' },
  ]);
  t.equal(changed(list('array', [price, sku]), null), null);
});

t.test('two levels: a struct of one field is one', async (t) => {
  for (const name of ['array', 'items_tuple'])
    t.strictSame(changed(list(name, [price]), [125]), [{ price: '1.25' }], name);
  t.strictSame(changed(list('list', [price]), [125]), ['1.25'], 'three levels: the field is the item');
});

t.test('two levels: a value', async (t) => {
  const repeated: Node = { ...price, repetition_type: 'REPEATED' };
  const column: Node = {
    name: 'prices',
    converted_type: 'LIST',
    repetition_type: 'OPTIONAL',
    children: [repeated],
  };
  t.strictSame(changed(column, [125, 5]), ['1.25', '0.05']);
  t.strictSame(changed(repeated, [125]), ['1.25'], 'without an annotation');
});

t.test('two levels of lists in each other', async (t) => {
  const repeated: Node = { ...price, name: 'array', repetition_type: 'REPEATED' };
  const inner: Node = {
    name: 'array',
    converted_type: 'LIST',
    repetition_type: 'REPEATED',
    children: [repeated],
  };
  const column: Node = {
    name: 'items',
    converted_type: 'LIST',
    repetition_type: 'OPTIONAL',
    children: [inner],
  };
  t.strictSame(changed(column, [[125, 5], []]), [['1.25', '0.05'], []]);
});

t.test('a map without values', async (t) => {
  const entry: Node = { name: 'key_value', repetition_type: 'REPEATED', children: [{ ...sku, name: 'key' }] };
  const set: Node = { name: 'tags', converted_type: 'MAP', repetition_type: 'OPTIONAL', children: [entry] };
  t.strictSame(changed(set, { key_value: [{ key: 'a' }, { key: 'b' }] }), { a: null, b: null });
  t.equal(changed(set, null), null);
});

t.test('annotations in the newer form alone', async (t) => {
  const logical = list('list', [{ ...price, name: 'element' }], { logical_type: { type: 'LIST' } });
  t.strictSame(changed(logical, [125, null]), ['1.25', null]);
  const entry: Node = {
    name: 'key_value',
    repetition_type: 'REPEATED',
    children: [
      { ...sku, name: 'key' },
      { ...price, name: 'value' },
    ],
  };
  const map: Node = {
    name: 'fees',
    logical_type: { type: 'MAP' },
    repetition_type: 'OPTIONAL',
    children: [entry],
  };
  t.strictSame(changed(map, { card: 125 }), { card: '1.25' });
});
