import t from 'tap';
import {
  formatOf,
  hasSecondStatement,
  isInsertWithData,
  parseInsert,
  quote,
  splitInsert,
} from '../../../tools/services/clickhouse/statement.ts';

await t.test('an insert names its table, columns and format', async (t) => {
  t.same(parseInsert('INSERT INTO db.t FORMAT CSV'), { table: 'db.t', columns: null, format: 'CSV' });
  t.same(parseInsert('insert into `db`.`t` (`a`, b)\n FORMAT JSONEachRow;'), {
    table: 'db.t',
    columns: ['a', 'b'],
    format: 'JSONEachRow',
  });
  t.equal(parseInsert('INSERT INTO t (* EXCEPT(a)) FORMAT CSV'), null);
  t.equal(parseInsert('INSERT INTO t SELECT 1 FORMAT CSV'), null);
});

await t.test('rows begin behind the format, whatever they hold', async (t) => {
  const split = splitInsert(Buffer.from('INSERT INTO t (a) FORMAT TSV\r\n\xff;\n', 'latin1'));
  t.equal(split?.sql, 'INSERT INTO t (a) FORMAT TSV\r\n');
  t.same(split?.data, Buffer.from('\xff;\n', 'latin1'));
  t.equal(splitInsert(Buffer.from('INSERT INTO t FORMAT JSONEachRow {"a":1}'))?.data.toString(), '{"a":1}');
  t.equal(splitInsert(Buffer.from("INSERT INTO t VALUES ('FORMAT x\n')")), null);
  t.equal(splitInsert(Buffer.from('SELECT 1 FORMAT TSV\n')), null);
});

await t.test('strings, names and comments are no SQL', async (t) => {
  for (const sql of [
    "SELECT ';', 'it''s; \\'x;'",
    'SELECT 1 ; -- one; two',
    'SELECT `a;b` /* ; x */;',
    'SELECT "a;" ; ;',
  ]) {
    t.notOk(hasSecondStatement(sql), sql);
  }
  for (const sql of ['SELECT 1; SELECT 2', "SELECT ''; 'x'"]) t.ok(hasSecondStatement(sql), sql);
  t.notOk(hasSecondStatement('INSERT INTO t FORMAT CSV\na;b'), 'the rows of an insert are not read');
  t.equal(formatOf("SELECT 'FORMAT x'"), null);
  t.equal(formatOf('SELECT 1 FORMAT CSV SETTINGS a = 1;'), 'CSV');
  t.notOk(isInsertWithData("INSERT INTO t SELECT 'VALUES'"));
});

await t.test('a quoted text reads back as it was', async (t) => {
  t.equal(quote("it's a \\ path"), "'it\\'s a \\\\ path'");
});
