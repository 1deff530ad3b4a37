// Looks for the newest record of some kind in a partition (control path): the end may have markers and what strangers wrote.

/** Records at first; each span is four times as long as the one after it. */
const SPAN_MIN = 64;

/**
 * The first result that is not null, of spans of offsets from the end back.
 * @param find searches [from, to) for its newest
 */
export async function newestIn<T>(
  { low, high }: { readonly low: number; readonly high: number },
  find: (from: number, to: number) => Promise<T | null>,
): Promise<T | null> {
  let span = SPAN_MIN;
  for (let to = high; to > low; to -= span, span *= 4) {
    const newest = await find(Math.max(low, to - span), to);
    if (newest !== null) return newest;
  }
  return null;
}
