package io.turnstile.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.VerdictProbe.VerdictListener;
import io.turnstile.bench.run.FakeTestbed;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.Screen;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DemoViewTest {

  private final StringWriter out = new StringWriter();
  private final LatencyRecorder recorder = new LatencyRecorder(0);
  private DemoView view;

  @BeforeEach
  void start() throws Exception {
    view =
        new DemoView(
            new Screen(new PrintWriter(out), false),
            Scenarios.shipped(Engines.names()).named("demo").load());
    Deployment deployment =
        new Deployment(null, null, null, "fake", FakeTestbed.notingIn(new ArrayList<>()), null);
    // Nobody answers there: the job is not judged by that.
    FlinkJob job = new FlinkJob(new FlinkRest(URI.create("http://127.0.0.1:1/")), "none");
    view.started(deployment, fake(RunningEngine.class, "flinkJob", Optional.of(job)));
  }

  @Test
  void stepsAreShownWithTheirTime() throws Exception {
    assertThat(view.step("starting Kafka", () -> 7)).isEqualTo(7);

    assertThat(out.toString()).contains("Flink's web UI: http://127.0.0.1:8081/");
    assertThat(out.toString()).containsPattern("Starting Kafka +0\\.0 s");
  }

  @Test
  void everySecondHasALine() {
    VerdictListener listener = view.listener(recorder);
    view.tick(recorder, 0, 0);
    assertThat(out.toString()).contains("Publishing customers and products");

    long now = System.nanoTime();
    for (int i = 0; i < 30; i++) {
      listener.sent(now, now);
    }
    listener.joined(0, now, now + 40_000_000);
    listener.verdict(verdict());
    view.tick(recorder, 30, 1);

    assertThat(recorder.answered()).isEqualTo(1);
    assertThat(out.toString())
        .contains("sending 1,000 transactions/s")
        .contains("sent 30 ")
        .contains("accepted 1  rejected 0  dead-lettered 0  waiting 29  committed p50 40 ms");
  }

  /** An accepted verdict as the wire contract has it. */
  private static ConsumerRecord<ByteBuffer, ByteBuffer> verdict() {
    RecordHeaders headers = new RecordHeaders();
    headers.add("outcome", "accepted".getBytes(StandardCharsets.UTF_8));
    return new ConsumerRecord<>(
        "verdicts.accepted",
        0,
        0,
        0,
        TimestampType.CREATE_TIME,
        0,
        0,
        ByteBuffer.allocate(0),
        ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8)),
        headers,
        Optional.empty());
  }

  /** Returns something that knows one answer. */
  private static <T> T fake(Class<T> type, String method, Object answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, called, arguments) -> {
              if (called.getName().equals(method)) {
                return answer;
              }
              throw new UnsupportedOperationException(called.getName());
            }));
  }
}
