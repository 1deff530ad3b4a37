// Looks for secrets in everything that the engine has written: its output, its files, its topics and its tables.
import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readLog } from '../../bench/fleet/read-topics.ts';
import { openHistory } from '../../src/adapters/clickhouse/history.ts';
import type { Target } from './target.ts';

async function inspectTopics(target: Target): Promise<void> {
  const { log, kafka } = target.stage;
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${target.name}.`));
  await admin.disconnect();
  for (const topic of topics)
    await readLog(log, topic, ({ partition, offset, value }) =>
      target.inspect(`${topic} ${partition}-${offset}`, value?.toString('latin1') ?? ''),
    );
  target.tries('topics searched', topics.length);
}

async function inspectHistory(target: Target): Promise<void> {
  const history = await openHistory({ url: target.stage.servers.clickhouseUrl, path: '' });
  const tables = await history.query<{ name: string }>(
    "SELECT table AS name FROM system.columns WHERE database = currentDatabase() AND name = 'topology'",
  );
  for (const { name } of tables) {
    const rows = await history.query(`SELECT * FROM ${name} WHERE topology = {topology:String}`, {
      topology: target.name,
    });
    target.inspect(`the table ${name}`, JSON.stringify(rows));
  }
  await history.close();
}

export async function inspectWritten(target: Target): Promise<void> {
  const { engine, folder } = target.stage;
  const log = readFileSync(engine.logFile, 'latin1');
  for (const line of log.split('\n')) target.inspect('the log', line);
  const files = globSync('data/**/*', { cwd: folder }).map((path) => join(folder, path));
  for (const file of files) if (statSync(file).isFile()) target.inspect(file, readFileSync(file, 'latin1'));
  for (const verb of ['describe', 'settings']) await target.command(verb);
  await inspectTopics(target);
  await inspectHistory(target);
  target.tries('files searched', files.length);
}
