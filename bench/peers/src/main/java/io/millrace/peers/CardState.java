package io.millrace.peers;

/** Three sliding windows of one card, in panes; public fields, so that Flink takes it for a POJO. */
public class CardState {
  static final int FEATURES = 16;
  private static final int[] PANE_MS = {10_000, 60_000, 300_000};
  private static final int[] PANES = {6, 10, 12};
  /** Where the panes of each window begin. */
  private static final int[] FROM = {0, 6, 16};

  private static final int PANES_ALL = 28;
  private static final double MS_PER_DAY = 86_400_000;

  public double[] counts = new double[PANES_ALL];
  public double[] sums = new double[PANES_ALL];
  public double[] squares = new double[PANES_ALL];
  public double[] maxima = new double[PANES_ALL];
  /** Count, sum and sum of squares of each window. */
  public double[] totals = new double[9];
  /** Newest pane of each window. */
  public long[] panes = {-1, -1, -1};

  public CardState() {}

  /** Takes an amount and writes count, mean, standard deviation and maximum of each window. Returns the next index. */
  private int update(long ts, double amount, float[] into, int at) {
    for (int w = 0; w < PANES.length; w++) {
      final int panesOfWindow = PANES[w];
      final int from = FROM[w];
      final int total = w * 3;
      final long pane = Math.floorDiv(ts, (long) PANE_MS[w]);
      if (pane != panes[w]) turn(w, pane);
      final int i = from + (int) (pane % panesOfWindow);
      counts[i]++;
      sums[i] += amount;
      squares[i] += amount * amount;
      if (amount > maxima[i]) maxima[i] = amount;
      final double count = ++totals[total];
      final double sum = totals[total + 1] += amount;
      final double square = totals[total + 2] += amount * amount;
      double max = Double.NEGATIVE_INFINITY;
      for (int k = from; k < from + panesOfWindow; k++) if (maxima[k] > max) max = maxima[k];
      into[at++] = (float) count;
      into[at++] = (float) (sum / count);
      into[at++] =
          count < 2 ? 0 : (float) Math.sqrt(Math.max(0, (square - sum * sum / count) / (count - 1)));
      into[at++] = (float) max;
    }
    return at;
  }

  /** Empties the panes that have left the window. */
  private void turn(int w, long pane) {
    final int panesOfWindow = PANES[w];
    final int total = w * 3;
    final long oldest = pane - panesOfWindow + 1;
    for (long k = panes[w] < 0 ? oldest : Math.max(panes[w] + 1, oldest); k <= pane; k++) {
      final int i = FROM[w] + (int) (k % panesOfWindow);
      totals[total] -= counts[i];
      totals[total + 1] -= sums[i];
      totals[total + 2] -= squares[i];
      counts[i] = 0;
      sums[i] = 0;
      squares[i] = 0;
      maxima[i] = Double.NEGATIVE_INFINITY;
    }
    panes[w] = pane;
  }

  /** Writes the vector: of the payment, of the card, of the merchant. */
  static void vector(
      CardState card, double count, double sum, double amount, long ts, float[] into, int from) {
    into[from] = (float) amount;
    into[from + 1] = (float) (ts % MS_PER_DAY / MS_PER_DAY);
    final int next = card.update(ts, amount, into, from + 2);
    into[next] = (float) count;
    into[next + 1] = (float) (sum / count);
  }
}
