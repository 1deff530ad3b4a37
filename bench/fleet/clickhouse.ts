// Asks the fleet's ClickHouse from outside, by HTTP alone (control path).

/** Lines of the answer. */
export async function ask(url: string, query: string): Promise<string[]> {
  const response = await fetch(url, { method: 'POST', body: query });
  const text = await response.text();
  if (!response.ok) throw new Error(`ClickHouse: ${text}`);
  return text.split('\n').filter((line) => line !== '');
}
