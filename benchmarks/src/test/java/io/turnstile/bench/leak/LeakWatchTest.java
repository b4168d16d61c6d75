package io.turnstile.bench.leak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.WorkingJvm;
import io.turnstile.bench.leak.LeakWatch.LeakMetric;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.LeakResult.Trend;
import io.turnstile.bench.result.LeakResult.Verdict;
import io.turnstile.bench.result.RunResult.CheckpointResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeakWatchTest {

  @TempDir private Path directory;

  /** Time is made up, and work is done on request: the machine's speed has no part in it. */
  @Test
  void operatorThatKeepsEverythingLeaks() throws Exception {
    LeakResult result = watch(LoadedProcess.LEAKING);

    assertThat(result.verdict()).isEqualTo(Verdict.LEAK);
    assertThat(trend(result, LeakMetric.HEAP_AFTER_GC).verdict()).isEqualTo(Verdict.LEAK);
    assertThat(trend(result, LeakMetric.HEAP_AFTER_GC).slopePerHour()).isBetween(50.0, 80.0);
    assertThat(result.heapDump()).isEqualTo("taskmanager.hprof");
    assertThat(Files.size(directory.resolve(result.heapDump()))).isPositive();
  }

  @Test
  void operatorThatForgetsDoesNotLeak() throws Exception {
    LeakResult result = watch(LoadedProcess.FORGETTING);

    assertThat(trend(result, LeakMetric.HEAP_AFTER_GC).verdict()).isEqualTo(Verdict.NO_LEAK);
    assertThat(trend(result, LeakMetric.OPEN_FILES).verdict()).isEqualTo(Verdict.NO_LEAK);
    assertThat(trend(result, LeakMetric.THREADS).verdict()).isEqualTo(Verdict.NO_LEAK);
    assertThat(result.heapDump()).isNull();
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void threadsThatNeverEndAreLeak() throws Exception {
    LeakResult result = watch(LoadedProcess.THREADS);

    assertThat(trend(result, LeakMetric.THREADS).verdict()).isEqualTo(Verdict.LEAK);
  }

  private LeakResult watch(String operator) throws Exception {
    try (WorkingJvm process = LoadedProcess.start(operator);
        LeakWatch watch = new LeakWatch(600, 0)) {
      for (int minute = 0; minute < 60; minute++) {
        process.work();
        watch.sample(minute * 60, "taskmanager", process.pid());
      }
      return watch.judge(List.of(), directory);
    }
  }

  @Test
  void whatGrowsWhileSettlingIsNotJudged() throws IOException {
    FakeProbe probe = new FakeProbe();
    try (LeakWatch watch = new LeakWatch(1800, 0, pid -> probe)) {
      for (int t = 0; t < 7200; t += 60) {
        probe.heap = 100 + Math.min(t, 1800);
        watch.sample(t, "taskmanager", 1);
      }

      assertThat(watch.judge(List.of(), null).verdict()).isEqualTo(Verdict.NO_LEAK);
    }
    assertThat(probe.closed).isTrue();
  }

  @Test
  void stateMayGrowUntilTheWindowIsFull() throws IOException {
    List<CheckpointResult> checkpoints =
        IntStream.range(0, 240)
            .mapToObj(i -> new CheckpointResult(i * 60, 100, 1.0, Math.min(i, 60) * 10.0))
            .toList();

    assertThat(state(3600, checkpoints)).isEqualTo(Verdict.NO_LEAK);
    assertThat(state(3600, checkpoints.subList(0, 65))).isEqualTo(Verdict.NOT_ENOUGH_DATA);
    assertThat(state(0, checkpoints.subList(0, 60))).isEqualTo(Verdict.LEAK);
  }

  private static Verdict state(double window, List<CheckpointResult> checkpoints)
      throws IOException {
    try (LeakWatch watch = new LeakWatch(0, window, pid -> new FakeProbe())) {
      return watch.judge(checkpoints, null).verdict();
    }
  }

  @Test
  void replacedProcessStartsAnew() throws IOException {
    List<Long> opened = new ArrayList<>();
    FakeProbe probe = new FakeProbe();
    try (LeakWatch watch =
        new LeakWatch(
            0,
            0,
            pid -> {
              opened.add(pid);
              return probe;
            })) {
      for (int t = 0; t < 3600; t += 60) {
        probe.heap = t < 1800 ? 100 : 500;
        watch.sample(t, "taskmanager", t < 1800 ? 1 : 2);
      }

      assertThat(watch.judge(List.of(), null).verdict()).isEqualTo(Verdict.NO_LEAK);
    }
    assertThat(opened).containsExactly(1L, 2L);
  }

  @Test
  void nothingSampledIsNotEnough() throws IOException {
    try (LeakWatch watch = new LeakWatch(0, 0)) {
      assertThat(watch.judge(List.of(), directory).verdict()).isEqualTo(Verdict.NOT_ENOUGH_DATA);
    }
  }

  @Test
  void processThatHasEndedCannotBeSampled() throws IOException, InterruptedException {
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    try (LeakWatch watch = new LeakWatch(0, 0)) {
      assertThatThrownBy(() -> watch.sample(0, "taskmanager", ended.pid()))
          .isInstanceOf(IOException.class);
    }
  }

  private static Trend trend(LeakResult result, LeakMetric figure) {
    return result.trends().stream()
        .filter(trend -> trend.figure().equals(figure.text))
        .findFirst()
        .orElseThrow();
  }

  private static final class FakeProbe implements LeakWatch.Probe {
    private double heap;
    private boolean closed;

    @Override
    public Map<LeakMetric, Double> sample() {
      return Map.of(LeakMetric.HEAP_AFTER_GC, heap);
    }

    @Override
    public void dumpHeap(Path file) {}

    @Override
    public void close() {
      closed = true;
    }
  }
}
