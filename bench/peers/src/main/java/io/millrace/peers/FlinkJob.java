package io.millrace.peers;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.serialization.SerializationSchema;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamUtils;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * The cards job on Flink, chained into one task and hand-batched: state on the heap, a checkpoint a second, up to 512
 * rows or 10 ms scored at once, at least once, without the exchange of a keyBy. Merchants are counted in the map, and not
 * in checkpoints: the least that it can cost.
 */
public final class FlinkJob {
  private static final long CHECKPOINT_MS = 1_000;

  /** A payment with the count and the sum of its merchant. */
  public static class Event {
    public String id, card, merchant;
    public double amount, merchantCount, merchantSum;
    public long ts;
    public int partition;

    public Event() {}
  }

  public static class Vector {
    public String id;
    public long ts;
    public int partition;
    public float[] features;

    public Vector() {}
  }

  public static class Scored {
    public String id;
    public double score;
    public long ts;
    public int partition;

    public Scored() {}
  }

  private static final class Reader implements KafkaRecordDeserializationSchema<Event> {
    private transient Codec codec;

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Event> out) {
      Meter.first();
      if (codec == null) codec = new Codec();
      final Payment payment = codec.read(record.value());
      final Event event = new Event();
      event.id = payment.getId();
      event.card = payment.getCard();
      event.merchant = payment.getMerchant();
      event.amount = payment.getAmount();
      event.ts = payment.getTs();
      event.partition = record.partition();
      out.collect(event);
    }

    @Override
    public TypeInformation<Event> getProducedType() {
      return TypeInformation.of(Event.class);
    }
  }

  /** Count and sum of each merchant by source partition. */
  private static final class Merchants extends RichMapFunction<Event, Event> {
    private transient Map<Integer, Map<String, double[]>> partitions;

    @Override
    public void open(OpenContext context) {
      partitions = new HashMap<>();
    }

    @Override
    public Event map(Event event) {
      final double[] merchant =
          partitions
              .computeIfAbsent(event.partition, partition -> new HashMap<>())
              .computeIfAbsent(event.merchant, name -> new double[2]);
      event.merchantCount = ++merchant[0];
      event.merchantSum = merchant[1] += event.amount;
      return event;
    }
  }

  private static final class Cards extends KeyedProcessFunction<String, Event, Vector> {
    private transient ValueState<CardState> cards;

    @Override
    public void open(OpenContext context) {
      cards = getRuntimeContext().getState(new ValueStateDescriptor<>("card", CardState.class));
    }

    @Override
    public void processElement(Event event, Context context, Collector<Vector> out) throws IOException {
      final CardState found = cards.value();
      final CardState card = found == null ? new CardState() : found;
      final Vector vector = new Vector();
      vector.id = event.id;
      vector.ts = event.ts;
      vector.partition = event.partition;
      vector.features = new float[CardState.FEATURES];
      CardState.vector(
          card, event.merchantCount, event.merchantSum, event.amount, event.ts, vector.features, 0);
      cards.update(card);
      out.collect(vector);
    }
  }

  /** Scores up to 512 rows, what came within 10 ms, or what came before a checkpoint. */
  private static final class Batch extends AbstractStreamOperator<Scored>
      implements OneInputStreamOperator<Vector, Scored> {
    private transient Scorer scorer;
    private transient float[] features, scores;
    private transient Vector[] vectors;
    private transient int rows;
    private transient boolean hasTimer;

    @Override
    public void open() throws Exception {
      super.open();
      scorer = new Scorer(Settings.BATCH_ROWS);
      features = new float[Settings.BATCH_ROWS * CardState.FEATURES];
      scores = new float[Settings.BATCH_ROWS];
      vectors = new Vector[Settings.BATCH_ROWS];
    }

    @Override
    public void processElement(StreamRecord<Vector> record) {
      final Vector vector = record.getValue();
      System.arraycopy(vector.features, 0, features, rows * CardState.FEATURES, CardState.FEATURES);
      vectors[rows++] = vector;
      if (rows == Settings.BATCH_ROWS) flush();
      else if (!hasTimer) {
        hasTimer = true;
        final long now = getProcessingTimeService().getCurrentProcessingTime();
        getProcessingTimeService()
            .registerTimer(
                now + Settings.BATCH_MS,
                time -> {
                  hasTimer = false;
                  flush();
                });
      }
    }

    private void flush() {
      if (rows == 0) return;
      scorer.score(features, rows, scores);
      for (int i = 0; i < rows; i++) {
        final Scored scored = new Scored();
        scored.id = vectors[i].id;
        scored.score = scores[i];
        scored.ts = vectors[i].ts;
        scored.partition = vectors[i].partition;
        output.collect(new StreamRecord<>(scored));
      }
      rows = 0;
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) {
      flush();
    }

    @Override
    public void finish() {
      flush();
    }
  }

  private static final class Writer implements KafkaRecordSerializationSchema<Scored> {
    private transient Codec codec;

    @Override
    public ProducerRecord<byte[], byte[]> serialize(Scored scored, KafkaSinkContext context, Long timestamp) {
      if (codec == null) codec = new Codec();
      final byte[] value = codec.write(new Prediction(scored.id, scored.score, scored.ts, 1));
      return new ProducerRecord<>(Settings.OUT, scored.partition, null, Codec.key(scored.id), value);
    }
  }

  public static void main(String[] args) throws Exception {
    final Configuration configuration = new Configuration();
    configuration.set(StateBackendOptions.STATE_BACKEND, "hashmap");
    configuration.set(CheckpointingOptions.CHECKPOINT_STORAGE, "filesystem");
    configuration.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, "file://" + Settings.FOLDER);
    final StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
    environment.enableCheckpointing(CHECKPOINT_MS, CheckpointingMode.AT_LEAST_ONCE);
    environment.getConfig().enableObjectReuse();
    final KafkaSource<Event> source =
        KafkaSource.<Event>builder()
            .setBootstrapServers(Settings.BROKERS)
            .setTopics(Settings.IN)
            .setGroupId("flink-" + System.currentTimeMillis())
            .setStartingOffsets(OffsetsInitializer.earliest())
            .setDeserializer(new Reader())
            .build();
    final DataStream<Event> events =
        environment
            .fromSource(source, WatermarkStrategy.noWatermarks(), "payments")
            .map(new Merchants())
            .returns(Event.class);
    final KafkaSink<Scored> sink =
        KafkaSink.<Scored>builder()
            .setBootstrapServers(Settings.BROKERS)
            .setRecordSerializer(new Writer())
            .setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE)
            .setProperty("interceptor.classes", Meter.Acknowledgements.class.getName())
            .setProperty("acks", "1")
            .build();
    DataStreamUtils.reinterpretAsKeyedStream(events, event -> event.card, TypeInformation.of(String.class))
        .process(new Cards())
        .returns(Vector.class)
        .transform("score", TypeInformation.of(Scored.class), new Batch())
        .sinkTo(sink);
    environment.execute();
  }

  private FlinkJob() {}
}
