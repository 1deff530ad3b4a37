package io.millrace.peers;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/**
 * The cards job on Kafka Streams, hand-batched: state is objects on the heap, without a store and a changelog, and up
 * to 512 rows or 10 ms are scored at once. At least once, and what is in a batch may be lost: the least that it can cost.
 */
public final class KafkaStreamsJob {
  private static final Duration COMMIT = Duration.ofSeconds(1);

  private record Out(Prediction prediction, int partition) {}

  private static final class Batch implements Processor<byte[], Payment, byte[], Out> {
    private final Map<String, CardState> cards = new HashMap<>();
    private final Map<String, double[]> merchants = new HashMap<>();
    private final Scorer scorer = new Scorer(Settings.BATCH_ROWS);
    private final float[] features = new float[Settings.BATCH_ROWS * CardState.FEATURES];
    private final float[] scores = new float[Settings.BATCH_ROWS];
    private final Payment[] payments = new Payment[Settings.BATCH_ROWS];
    private final long[] timestamps = new long[Settings.BATCH_ROWS];
    private ProcessorContext<byte[], Out> context;
    private int partition;
    private int rows;

    @Override
    public void init(ProcessorContext<byte[], Out> context) {
      this.context = context;
      partition = context.taskId().partition();
      context.schedule(
          Duration.ofMillis(Settings.BATCH_MS), PunctuationType.WALL_CLOCK_TIME, now -> flush());
    }

    @Override
    public void process(Record<byte[], Payment> record) {
      Meter.first();
      final Payment payment = record.value();
      final double amount = payment.getAmount();
      final double[] merchant = merchants.computeIfAbsent(payment.getMerchant(), name -> new double[2]);
      merchant[0]++;
      merchant[1] += amount;
      final CardState card = cards.computeIfAbsent(payment.getCard(), name -> new CardState());
      CardState.vector(
          card, merchant[0], merchant[1], amount, payment.getTs(), features, rows * CardState.FEATURES);
      payments[rows] = payment;
      timestamps[rows] = record.timestamp();
      if (++rows == Settings.BATCH_ROWS) flush();
    }

    private void flush() {
      if (rows == 0) return;
      scorer.score(features, rows, scores);
      for (int i = 0; i < rows; i++) {
        final Payment payment = payments[i];
        final Prediction prediction =
            new Prediction(payment.getId(), (double) scores[i], payment.getTs(), 1);
        context.forward(
            new Record<>(Codec.key(payment.getId()), new Out(prediction, partition), timestamps[i]));
      }
      rows = 0;
    }
  }

  public static void main(String[] args) throws InterruptedException {
    final Codec reader = new Codec();
    final Codec writer = new Codec();
    final List<Optional<Set<Integer>>> partitions =
        List.of(0, 1, 2, 3).stream().map(partition -> Optional.of(Set.of(partition))).toList();
    final StreamPartitioner<byte[], Out> samePartition =
        (topic, key, out, count) -> partitions.get(out.partition());
    final Topology topology = new Topology();
    topology.addSource(
        "payments", new ByteArrayDeserializer(), (topic, bytes) -> reader.read(bytes), Settings.IN);
    topology.addProcessor("score", Batch::new, "payments");
    topology.addSink(
        "predictions",
        Settings.OUT,
        new ByteArraySerializer(),
        (topic, out) -> writer.write(out.prediction()),
        samePartition,
        "score");
    final KafkaStreams streams = new KafkaStreams(topology, properties());
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          Runtime.getRuntime().halt(2);
          return null;
        });
    streams.start();
    Thread.currentThread().join();
  }

  private static Properties properties() {
    final Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, "kafka-streams-" + System.currentTimeMillis());
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, Settings.BROKERS);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, Settings.FOLDER);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT.toMillis());
    properties.put("auto.offset.reset", "earliest");
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.ACKS_CONFIG), "1");
    properties.put(
        StreamsConfig.producerPrefix(ProducerConfig.INTERCEPTOR_CLASSES_CONFIG),
        Meter.Acknowledgements.class.getName());
    return properties;
  }

  private KafkaStreamsJob() {}
}
