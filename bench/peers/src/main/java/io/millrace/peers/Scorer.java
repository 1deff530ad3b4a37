package io.millrace.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;

/** ONNX Runtime with one thread. One for each thread; they share the session. */
final class Scorer {
  private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();
  private static OrtSession session;
  private final FloatBuffer input;
  private final String name;

  Scorer(int rowsMax) {
    input =
        ByteBuffer.allocateDirect(rowsMax * CardState.FEATURES * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    name = open().getInputNames().iterator().next();
  }

  private static synchronized OrtSession open() {
    try {
      if (session == null) {
        final OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        session = ENVIRONMENT.createSession(Settings.MODEL, options);
      }
      return session;
    } catch (OrtException error) {
      throw new IllegalStateException(error);
    }
  }

  void score(float[] features, int rows, float[] scores) {
    input.clear();
    input.put(features, 0, rows * CardState.FEATURES);
    input.flip();
    try (OnnxTensor matrix =
            OnnxTensor.createTensor(ENVIRONMENT, input, new long[] {rows, CardState.FEATURES});
        OrtSession.Result result = session.run(Map.of(name, matrix))) {
      ((OnnxTensor) result.get(0)).getFloatBuffer().get(scores, 0, rows);
    } catch (OrtException error) {
      throw new IllegalStateException(error);
    }
    Meter.scored(scores, rows);
  }
}
